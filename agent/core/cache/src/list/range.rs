//! Ranges as commands name them.

use std::ops::Range;

/// Of so many elements those from `start` to `end`, both of which are among them; a negative number counts from the tail.
pub(crate) fn range(start: i64, end: i64, length: usize) -> Range<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let from_head = |index: i64| if index < 0 { index + length } else { index };
    let start = from_head(start).max(0);
    let end = from_head(end).min(length - 1);
    if start > end {
        return 0..0;
    }
    start as usize..end as usize + 1
}

/// The number of an element that may be counted from the tail, if it can be there.
pub(crate) fn index(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => (index < length).then_some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}
