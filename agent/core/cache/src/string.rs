//! Strings: what the commands for them have in common.

use std::ops::Range;
use std::sync::Arc;

use crate::number::integer;
use crate::reply::Reply;

/// No string is made longer: what `proto-max-bulk-len` is in Redis if nobody sets it.
pub(crate) const STRING_BYTES_MAX: usize = 512 << 20;

/// A reply copies less than that, which costs less than to share it.
pub(crate) const SHARED_BYTES_MIN: usize = 1024;

/// A string is shown as `int`, `embstr` or `raw` by what it is.
pub(crate) const BY_CONTENT: u8 = 0;
/// A string is shown as `raw`, since it was changed in place, or made in a way in which Redis makes those.
pub(crate) const RAW: u8 = 1;
/// A string is shown as `embstr` or `raw` by its length, even if it is a whole number: the result of `INCRBYFLOAT`.
pub(crate) const BY_LENGTH: u8 = 2;

/// As which encoding Redis shows a string.
#[must_use]
pub(crate) fn encoding(string: &[u8], shown: u8) -> &'static str {
    const EMBEDDED_BYTES_MAX: usize = 44;
    match shown {
        RAW => "raw",
        BY_CONTENT if integer(string).is_some() => "int",
        _ if string.len() <= EMBEDDED_BYTES_MAX => "embstr",
        _ => "raw",
    }
}

/// A string where it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StringView<'a> {
    pub(crate) bytes: &'a [u8],
    /// What it is part of if it can be shared, and where in that it begins.
    pub(crate) shared: Option<(&'a Arc<Vec<u8>>, usize)>,
}

impl<'a> StringView<'a> {
    /// One that is not shared.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            shared: None,
        }
    }

    /// Answers a part of it.
    #[inline]
    pub(crate) fn answer(&self, range: Range<usize>, reply: &mut Reply) {
        match self.shared {
            Some((of, start)) if range.len() >= SHARED_BYTES_MIN => {
                reply.bulk_shared(of, start + range.start..start + range.end);
            }
            _ => reply.bulk(&self.bytes[range]),
        }
    }
}

/// What is between two places of something of this length, both included, counted from its end if they are negative. `None` if
/// that is nothing.
///
/// As in Redis an end before the beginning counts as the first place; but nothing is between two that are given in disorder.
#[must_use]
pub(crate) const fn between(start: i64, end: i64, length: usize) -> Option<Range<usize>> {
    if start < 0 && end < 0 && start > end {
        return None;
    }
    between_clamped(start, end, length)
}

/// As [`between`], but two places before the beginning are the first one in whatever order they are.
#[must_use]
pub(crate) const fn between_clamped(start: i64, end: i64, length: usize) -> Option<Range<usize>> {
    let (start, end) = (place(start, length), place(end, length));
    let end = if end < length { end + 1 } else { length };
    if start < end { Some(start..end) } else { None }
}

const fn place(at: i64, length: usize) -> usize {
    if at >= 0 {
        at as usize
    } else {
        length.saturating_sub(at.unsigned_abs() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_those_of_redis() {
        let (long, longer) = ([b'x'; 44], [b'x'; 45]);
        for (string, shown, name) in [
            (b"12".as_slice(), BY_CONTENT, "int"),
            (b"12", BY_LENGTH, "embstr"),
            (b"12", RAW, "raw"),
            (b"012", BY_CONTENT, "embstr"),
            (b"9223372036854775808", BY_CONTENT, "embstr"),
            (b"", BY_CONTENT, "embstr"),
            (&long, BY_CONTENT, "embstr"),
            (&longer, BY_CONTENT, "raw"),
            (&longer, BY_LENGTH, "raw"),
        ] {
            assert_eq!(encoding(string, shown), name, "{}", string.escape_ascii());
        }
    }

    #[test]
    fn places_are_counted_from_both_ends() {
        for (start, end, range) in [
            (0, -1, Some(0..5)),
            (1, 2, Some(1..3)),
            (-2, -1, Some(3..5)),
            (3, 2, None),
            (-1, -3, None),
            (5, 9, None),
            (4, i64::MAX, Some(4..5)),
            (i64::MIN, i64::MAX, Some(0..5)),
            (0, -100, Some(0..1)),
            (-100, -99, Some(0..1)),
            (-99, -100, None),
        ] {
            assert_eq!(between(start, end, 5), range, "{start} {end}");
        }
        assert_eq!(between_clamped(-99, -100, 5), Some(0..1));
        assert_eq!(between(0, -1, 0), None);
    }
}
