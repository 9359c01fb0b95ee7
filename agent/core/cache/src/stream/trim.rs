//! How much of a stream goes when it is trimmed.

use super::Contents;
use super::id::Id;

/// What is to be left of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// So many entries, the last ones.
    Entries(u64),
    /// The entries from this id on.
    From(Id),
}

/// How a stream is trimmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trim {
    pub(crate) left: Left,
    /// More may be left: nodes that go are whole.
    pub(crate) is_rough: bool,
    /// At most so many entries go, if anything is said.
    pub(crate) most: Option<u64>,
}

impl Trim {
    /// How many entries go, the first ones: of a rough trimming as many as in Redis, whose nodes hold the same.
    pub(crate) fn count(&self, stream: &Contents) -> u64 {
        let (length, mut gone) = (stream.len(), 0);
        for node in stream.entries().nodes() {
            let live = u64::from(node.live);
            let is_enough = matches!(self.left, Left::Entries(left) if length - gone <= left);
            if is_enough || self.most.is_some_and(|most| gone + live > most) {
                break;
            }
            let goes = match self.left {
                Left::Entries(left) => length - gone - live >= left,
                Left::From(id) => node.last < id,
            };
            if !goes {
                if !self.is_rough {
                    gone += match self.left {
                        Left::Entries(left) => length - gone - left,
                        Left::From(id) => {
                            let before = node.live().take_while(|placed| placed.entry.id < id);
                            before.count() as u64
                        }
                    };
                }
                break;
            }
            gone += live;
        }
        gone
    }
}
