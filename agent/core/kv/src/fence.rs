//! Fences: who lost a lock and does not know it cannot write as if it had it.
//!
//! A fence is the key `synod.dev/fence` followed by the path of a lock. It holds the highest token of that lock that was
//! seen here: sixteen bytes, whose order is the order in which the lock was held (`synod_znode::Token`). The store asks nobody;
//! it keeps these rules:
//!
//! - A put on a fence has a value of sixteen bytes and no lease, which would take the fence away.
//! - A put of an older token is refused, and with it the whole transaction that it is part of; one of an equal or newer token is a
//!   put like any other. So a transaction that puts its token on the fence and writes besides writes only if no newer one was seen,
//!   and so does one that compares the fence's value with its token and was preceded by such a put.
//! - A delete takes fences with it if it names them: if its range, or its one key, lies within `synod.dev/fence`. It is how an
//!   administrator forgets a lock that nobody uses any more. One that only sweeps across them leaves them: whoever empties the
//!   store does not mean to let in those who are still on their way with an old token.
//!
//! Reads, compares and watches know nothing of it. The rules are in force from feature level [`FENCES_LEVEL`] on; what was written
//! before is taken as it is, and what is no token then is older than every token.

use std::fmt;

use synod_machine::Stamp;

use crate::command::Put;
use crate::error::Error;
use crate::history::History;
use crate::key_range::{End, KeyRange};
use crate::mutation::mutated;
use crate::state::State;

/// What the keys of fences begin with; the path of a lock, with its first slash, follows.
pub const FENCE_PREFIX: &str = "synod.dev/fence";

/// The first key behind all that begin so.
const FENCE_END: &[u8] = b"synod.dev/fencf";

/// The feature level from which on fences are kept.
pub const FENCES_LEVEL: u32 = 2;

/// A token, as a fence holds it. Its text is 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FenceToken(pub [u8; 16]);

impl FenceToken {
    fn of(value: &[u8]) -> Option<Self> {
        value.try_into().ok().map(Self)
    }
}

impl fmt::Display for FenceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for FenceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The rules as they are where a command is applied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fences {
    kept: bool,
}

impl Fences {
    pub(crate) fn at(stamp: &Stamp) -> Self {
        Self {
            kept: (stamp.level >= FENCES_LEVEL || mutated("kv.fence.early"))
                && !mutated("kv.fence.ignored"),
        }
    }

    /// Whether a put may be done in this state.
    pub(crate) fn admit(self, state: &State, put: &Put) -> Result<(), Error> {
        if !self.kept || !is_fence(&put.key) {
            return Ok(());
        }
        let before = state.keys.get(&put.key).and_then(History::live);
        if before.is_none() && (put.ignore_value || put.ignore_lease) {
            // Refused as on every other key.
            return Ok(());
        }
        let kept = before.filter(|_| put.ignore_lease);
        if kept.map_or(put.lease, |before| before.lease) != 0 {
            return Err(Error::FenceLeased);
        }
        let kept = before.filter(|_| put.ignore_value);
        let value = kept.map_or(put.value.as_ref(), |before| before.value());
        let token = FenceToken::of(value).ok_or(Error::FenceLength { found: value.len() })?;
        let held = before.and_then(|before| FenceToken::of(before.value()));
        match held {
            Some(held) if token < held => Err(Error::FenceOlder { token, held }),
            _ => Ok(()),
        }
    }

    /// Whether a delete of `range` leaves `key`.
    pub(crate) fn spared(self, range: &KeyRange, key: &[u8]) -> bool {
        self.kept && is_fence(key) && !names_fences(range)
    }
}

fn is_fence(key: &[u8]) -> bool {
    let path = key.strip_prefix(FENCE_PREFIX.as_bytes());
    path.is_some_and(|path| path.starts_with(b"/"))
}

fn names_fences(range: &KeyRange) -> bool {
    range.start.starts_with(FENCE_PREFIX.as_bytes())
        && match &range.end {
            End::Point => true,
            End::Before(end) => end.as_ref() <= FENCE_END,
            End::Unbounded => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_keys_with_a_path() {
        for (key, expected) in [
            ("synod.dev/fence/locks/a", true),
            ("synod.dev/fence/", true),
            ("synod.dev/fence", false),
            ("synod.dev/fences/a", false),
            ("synod.dev/fenc", false),
            ("/synod.dev/fence/a", false),
        ] {
            assert_eq!(is_fence(key.as_bytes()), expected, "{key}");
        }
    }

    #[test]
    fn ranges_that_name_fences() {
        let range = |key: &str, end: &str| {
            let bytes = |text: &str| text.as_bytes().to_vec().into();
            KeyRange::new(bytes(key), bytes(end))
        };
        for (key, end, expected) in [
            ("synod.dev/fence/a", "", true),
            ("synod.dev/fence/a", "synod.dev/fence/b", true),
            ("synod.dev/fence/", "synod.dev/fence0", true),
            ("synod.dev/fence", "synod.dev/fencf", true),
            ("synod.dev/fence", "synod.dev/fenceless", true),
            ("synod.dev/fence/a", "synod.dev/fencf\0", false),
            ("synod.dev/fence/a", "\0", false),
            ("synod.dev/", "synod.dev0", false),
            ("\0", "\0", false),
        ] {
            assert_eq!(names_fences(&range(key, end)), expected, "{key} {end}");
        }
        let all = KeyRange::prefix(FENCE_PREFIX.into());
        assert_eq!(all.end, End::Before(FENCE_END.into()));
    }
}
