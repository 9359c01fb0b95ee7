//! Ranges as commands name them.

use std::ops::Range;

use crate::command::Error;
use crate::number::integer;

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

/// A number of either sign, of which there is one of the other sign, too.
pub(crate) fn symmetric(number: &[u8]) -> Result<i64, Error> {
    match integer(number).ok_or(Error::NotInteger)? {
        i64::MIN => Err(Error::text(
            "ERR value is out of range, must between -9223372036854775807 and 9223372036854775807",
        )),
        number => Ok(number),
    }
}
