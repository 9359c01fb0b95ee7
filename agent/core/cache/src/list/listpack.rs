//! As which encoding Redis shows a list: it depends on how large it would be there, as a listpack.
//!
//! <https://github.com/redis/redis/blob/7.2/src/listpack.c>, `t_list.c` and `quicklist.c` beside it

use crate::collection::Limits;
use crate::number::integer;

/// A list that fits one listpack.
pub(super) const LISTPACK: u8 = 0;
/// Any other one, and one that was too large and is not yet half as large as it may be.
pub(super) const QUICKLIST: u8 = 1;

/// What a listpack takes beside its elements.
const FRAME: usize = 7;
/// Where the number of elements is limited, this limits their bytes.
const SAFE_BYTES: usize = 8192;

/// What an element takes in a listpack.
pub(super) fn listpack_bytes(element: &[u8]) -> usize {
    let bytes = match number(element) {
        Some(0..=127) => 1,
        Some(-4096..=4095) => 2,
        Some(-0x8000..=0x7fff) => 3,
        Some(-0x80_0000..=0x7f_ffff) => 4,
        Some(-0x8000_0000..=0x7fff_ffff) => 5,
        Some(_) => 9,
        None => match element.len() {
            length @ ..64 => 1 + length,
            length @ 64..4096 => 2 + length,
            length => 5 + length,
        },
    };
    let backward = match bytes {
        ..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    };
    bytes + backward
}

fn number(element: &[u8]) -> Option<i64> {
    match element {
        [b'-' | b'0'..=b'9', ..] if element.len() <= 20 => integer(element),
        _ => None,
    }
}

/// How large a list is where it is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// How many elements it has.
    pub(super) count: usize,
    /// What they take in a listpack.
    pub(super) bytes: usize,
}

impl Size {
    /// The most that elements are there that take so many bytes in [`crate::packed::Packed`].
    pub(super) const fn of_packed_at_most(bytes: usize) -> Self {
        Self {
            count: bytes,
            bytes: 2 * bytes + 4,
        }
    }

    /// Whether a listpack grows too large for its kind by so many elements of so many bytes.
    pub(super) fn is_too_large(self, more: usize, bytes: usize, limits: &Limits) -> bool {
        let bytes = FRAME + self.bytes + bytes;
        match limit(limits) {
            Limit::Bytes(most) => bytes > most,
            Limit::Count(most) => bytes > SAFE_BYTES || self.count + more > most,
        }
    }

    /// Whether a list is small enough to become a listpack again.
    pub(super) fn is_half(self, limits: &Limits) -> bool {
        match limit(limits) {
            Limit::Bytes(most) => FRAME + self.bytes <= most / 2,
            Limit::Count(most) => self.count <= most / 2,
        }
    }
}

enum Limit {
    Bytes(usize),
    Count(usize),
}

/// What `list-max-listpack-size` means.
fn limit(limits: &Limits) -> Limit {
    match limits.list_size {
        0 => Limit::Count(1),
        count @ 1.. => Limit::Count(usize::try_from(count).unwrap_or(usize::MAX)),
        level => Limit::Bytes(4096 << (-1 - level.max(-5))),
    }
}
