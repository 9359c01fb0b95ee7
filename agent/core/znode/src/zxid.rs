//! Transaction ids.

/// The number of a change: every command that clients can see takes one, refused or not, and none comes twice. The upper half
/// counts how often the state went on in another group ([`crate::Store`]'s renewal).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zxid(pub i64);

impl Zxid {
    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The first of an epoch that begins beyond anything that was given out before and not heard of here: at least 2^32
    /// further on.
    #[must_use]
    pub const fn renewed(self) -> Self {
        Self(((self.0 >> 32) + 2) << 32)
    }
}
