//! What is told of changes to those who subscribed to them.
//!
//! <https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/>

use std::ops::BitOr;

/// Kinds of events, as the letters of `notify-keyspace-events` name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class(u16);

impl Class {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Of commands for all kinds of keys: `g`.
    pub const GENERIC: Self = Self(1);
    /// Of strings: `$`.
    pub const STRING: Self = Self(1 << 1);
    /// Of lists: `l`.
    pub const LIST: Self = Self(1 << 2);
    /// Of sets: `s`.
    pub const SET: Self = Self(1 << 3);
    /// Of hashes: `h`.
    pub const HASH: Self = Self(1 << 4);
    /// Of sorted sets: `z`.
    pub const SORTED_SET: Self = Self(1 << 5);
    /// A key expired: `x`.
    pub const EXPIRED: Self = Self(1 << 6);
    /// A key was evicted: `e`.
    pub const EVICTED: Self = Self(1 << 7);
    /// Of streams: `t`.
    pub const STREAM: Self = Self(1 << 8);
    /// A key was asked for that is not there: `m`.
    pub const MISS: Self = Self(1 << 9);
    /// A new key: `n`.
    pub const NEW: Self = Self(1 << 10);

    /// All of them.
    pub const ALL: Self = Self(0x7ff);

    /// Whether it has one of the others.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Class {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Something was done to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// In which database.
    pub database: u8,
    /// What, in the words of Redis.
    pub event: &'static str,
    /// To which key.
    pub key: Box<[u8]>,
}
