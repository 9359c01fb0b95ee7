//! Locks, as ZooKeeper's recipes build them of nodes: a parent whose children are ephemeral and numbered, in the naming of one
//! of the libraries.
//!
//! | library | name of a contender |
//! |---|---|
//! | Curator: mutex, leader latch, read-write lock, semaphore | `_c_<uuid>-lock-<n>`, `…-latch-<n>`, `…-__WRIT__<n>`, `…-__READ__<n>`, `…-lease-<n>` |
//! | kazoo: lock and election, read lock | `<uuid>__lock__<n>`, `<uuid>__rlock__<n>` |
//! | go-zookeeper | `_c_<uuid>-lock-<n>` |
//! | ZooKeeper's own recipes, plain ones | `x-<session>-<n>`, `lock-<n>` |

mod index;
mod reading;
mod released;

use std::fmt;

use crate::session::SessionId;
use crate::zxid::Zxid;
pub(crate) use index::Index;
pub use reading::LockPage;
pub(crate) use released::Released;

/// How a contender shares the lock with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// It is the only holder.
    Exclusive,
    /// It holds together with all others that share.
    Shared,
    /// It holds one of several leases; how many there are only the clients know.
    Lease,
}

/// What the part of a name before its number ends with.
const ENDINGS: [(&str, Mode); 7] = [
    ("lock-", Mode::Exclusive),
    ("latch-", Mode::Exclusive),
    ("__lock__", Mode::Exclusive),
    ("__WRIT__", Mode::Exclusive),
    ("__READ__", Mode::Shared),
    ("__rlock__", Mode::Shared),
    ("lease-", Mode::Lease),
];

/// The digits of a sequential name.
const DIGITS: usize = 10;

/// What a contender's name says: its number and its mode; `None` if it is no contender's.
#[must_use]
pub(crate) fn contender(name: &str) -> Option<(i32, Mode)> {
    let digits = name.len().checked_sub(DIGITS)?;
    let (prefix, digits) = (name.get(..digits)?, name.get(digits..)?);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().ok()?;
    // `block-` is another word.
    let is_one = |ending: &str| {
        let before = prefix.strip_suffix(ending);
        before.is_some_and(|before| {
            before.is_empty() || before.ends_with('-') || ending.starts_with('_')
        })
    };
    let ending = ENDINGS.iter().find(|(ending, _)| is_one(ending));
    let mode = match ending {
        Some((_, mode)) => *mode,
        None if prefix.starts_with("x-") && prefix.ends_with('-') => Mode::Exclusive,
        None => return None,
    };
    Some((number, mode))
}

/// What a store compares, so that who lost a lock cannot write as if it had it: the service's incarnation and the zxid that
/// created the contender's node. Sixteen bytes, big-endian, so the order of the bytes is the order of the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// When the service was founded, in milliseconds since 1970. Clients read it at [`INCARNATION_PATH`](crate::INCARNATION_PATH).
    pub incarnation: u64,
    /// By which the contender's node was created.
    pub czxid: Zxid,
}

impl Token {
    /// As it is sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.incarnation.to_be_bytes());
        bytes[8..].copy_from_slice(&self.czxid.0.to_be_bytes());
        bytes
    }
}

/// Its bytes as 32 hexadecimal digits.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.to_bytes()))
    }
}

/// One that holds a lock or waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contender {
    /// The name of its node.
    pub name: String,
    /// Whose it is.
    pub session: SessionId,
    /// How it would hold.
    pub mode: Mode,
    /// Since when its node is there, in milliseconds since 1970.
    pub since_ms: u64,
    /// The fencing token; only of exclusive contenders, since only their order is the order in which they hold.
    pub token: Option<Token>,
}

/// A release: who held, and when it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Whose the lock was.
    pub session: SessionId,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// By which.
    pub zxid: Zxid,
}

/// A lock as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The parent's path.
    pub path: String,
    /// Who holds it, in order; none if it is free or unlocked. Of a lock with leases: all contenders.
    pub holders: Vec<Contender>,
    /// How many hold it: more than are told if that was bounded.
    pub holder_count: usize,
    /// Since when the first of them holds it.
    pub held_since_ms: Option<u64>,
    /// Who waits, in order.
    pub waiters: Vec<Contender>,
    /// How many wait: more than are told if that was bounded.
    pub waiter_count: usize,
    /// The last release that is remembered. With it and without a holder the lock is *unlocked*, without both it is *free*.
    pub released: Option<Release>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_are_known_by_their_names() {
        let known = [
            (
                "_c_6ddb2a8e-9e2f-4f2b-a7b1-9d4d0ff28a51-lock-0000000007",
                Mode::Exclusive,
            ),
            (
                "_c_6ddb2a8e-9e2f-4f2b-a7b1-9d4d0ff28a51-latch-0000000007",
                Mode::Exclusive,
            ),
            (
                "_c_6ddb2a8e-9e2f-4f2b-a7b1-9d4d0ff28a51-__WRIT__0000000007",
                Mode::Exclusive,
            ),
            (
                "_c_6ddb2a8e-9e2f-4f2b-a7b1-9d4d0ff28a51-__READ__0000000007",
                Mode::Shared,
            ),
            (
                "_c_6ddb2a8e-9e2f-4f2b-a7b1-9d4d0ff28a51-lease-0000000007",
                Mode::Lease,
            ),
            (
                "0123456789abcdef0123456789abcdef__lock__0000000007",
                Mode::Exclusive,
            ),
            (
                "0123456789abcdef0123456789abcdef__rlock__0000000007",
                Mode::Shared,
            ),
            ("x-72057594037927937-0000000007", Mode::Exclusive),
            ("lock-0000000007", Mode::Exclusive),
        ];
        for (name, mode) in known {
            assert_eq!(contender(name), Some((7, mode)), "{name}");
        }
        for name in [
            "",
            "lock-",
            "lock-000000007",
            "lock-000000000a",
            "node-0000000007",
            "block-0000000007",
            "0000000007",
            "lock-é000000007",
            "lock-9999999999",
        ] {
            assert_eq!(contender(name), None, "{name}");
        }
    }

    #[test]
    fn tokens_are_ordered_as_their_bytes() {
        let token = |incarnation, czxid| Token {
            incarnation,
            czxid: Zxid(czxid),
        };
        let mut tokens = [token(2, 1), token(1, 300), token(1, 2), token(u64::MAX, 0)];
        tokens.sort();
        assert!(
            tokens
                .windows(2)
                .all(|pair| pair[0].to_bytes() < pair[1].to_bytes())
        );
    }
}
