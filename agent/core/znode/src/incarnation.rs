//! The service's incarnation: the first half of its fencing tokens, and how a client of ZooKeeper's protocol reads it.
//!
//! A client knows the second half of its token from the stat of its own node: the zxid that created it. The first it reads as
//! the data of `/zookeeper/incarnation`: sixteen hexadecimal digits, so with those of the zxid behind them they are the token.
//!
//! ZooKeeper has no such node, so this one is there only for whoever asks for it by name: it can be read and watched (it never
//! changes) by everybody; it is no child of `/zookeeper` and counted nowhere, so whoever lists, counts or copies a tree finds what
//! it finds in a ZooKeeper. `/zookeeper/config` could have said it, but that is empty for a single member, may be closed by its
//! list, and there are clients that read it.
//!
//! From feature level [`INCARNATION_LEVEL`] on nobody else can make a node of that name; one that somebody made before is hidden.

use crate::acl::{Acl, Id, Permissions};
use crate::node::Stat;
use crate::store::Store;
use crate::zxid::Zxid;

/// The node that says it.
pub const INCARNATION_PATH: &str = "/zookeeper/incarnation";

/// The feature level from which on the path is taken.
pub const INCARNATION_LEVEL: u32 = 2;

/// When the service was founded, in milliseconds since 1970; 0 before its first command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incarnation {
    founded_ms: u64,
    digits: [u8; 16],
}

impl Incarnation {
    pub(crate) const NONE: Self = Self {
        founded_ms: 0,
        digits: *b"0000000000000000",
    };

    pub(crate) fn new(founded_ms: u64) -> Self {
        let mut digits = [0; 16];
        digits.copy_from_slice(format!("{founded_ms:016x}").as_bytes());
        Self { founded_ms, digits }
    }

    pub(crate) const fn founded_ms(&self) -> u64 {
        self.founded_ms
    }
}

/// What of a path the tree does not hold.
pub(crate) struct Shown<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) stat: Stat,
}

impl Shown<'_> {
    /// Everybody may read it.
    pub(crate) fn acl() -> Vec<Acl> {
        vec![Acl {
            permissions: Permissions::READ,
            id: Id::anyone(),
        }]
    }
}

impl Store {
    /// The node of the incarnation, if it is asked for and there is one.
    pub(crate) fn shown(&self, path: &str) -> Option<Shown<'_>> {
        let incarnation = &self.state.incarnation;
        if path != INCARNATION_PATH || *incarnation == Incarnation::NONE {
            return None;
        }
        let founded_ms = incarnation.founded_ms();
        Some(Shown {
            data: &incarnation.digits,
            stat: Stat {
                czxid: Zxid(0),
                ctime: founded_ms,
                mtime: founded_ms,
                aversion: -1,
                data_length: incarnation.digits.len() as i32,
                ..Stat::default()
            },
        })
    }
}
