//! Lists that are [`Packed`].

use std::ops::Range;

use super::{Elements, End};
use crate::packed::{Packed, Strings};

/// Adds elements at an end, one after another.
pub(super) fn push(packed: &mut Packed, end: End, elements: Elements<'_>) {
    match end {
        End::Tail => elements.iter().for_each(|element| packed.push(element)),
        End::Head => {
            let mut elements: Vec<_> = elements.iter().collect();
            elements.reverse();
            packed.splice(0..0, &elements);
        }
    }
}

/// Removes at most so many elements at an end.
pub(super) fn pop(packed: &mut Packed, end: End, count: usize) {
    let gone = match end {
        End::Head => 0..place(packed.bytes(), count).start,
        End::Tail => {
            let left = packed.iter().count().saturating_sub(count);
            place(packed.bytes(), left).start..packed.bytes().len()
        }
    };
    packed.splice(gone, &[]);
}

/// Where the element of this number is; an empty range at the end if it is not there.
pub(super) fn place(bytes: &[u8], index: usize) -> Range<usize> {
    let mut strings = Strings::of(bytes);
    match strings.nth(index) {
        Some((range, _)) => range,
        None => bytes.len()..bytes.len(),
    }
}

/// Removes the first elements of these bytes, counted from an end, at most so many; how many there were.
pub(super) fn drop_equal(packed: &mut Packed, element: &[u8], end: End, count: usize) -> usize {
    let equal = packed.iter().filter(|(_, own)| *own == element).count();
    let dropped = equal.min(count);
    let kept_first = match end {
        End::Head => 0,
        End::Tail => equal - dropped,
    };
    let mut left = Packed::default();
    let mut met = 0;
    for (_, own) in packed.iter() {
        met += usize::from(own == element);
        if own != element || !(kept_first + 1..=kept_first + dropped).contains(&met) {
            left.push(own);
        }
    }
    *packed = left;
    dropped
}
