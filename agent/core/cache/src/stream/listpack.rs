//! How many bytes Redis takes for a node: so that a node here has room for the same entries as one there.
//!
//! <https://github.com/antirez/listpack/blob/master/listpack.md>

use crate::number::integer;

/// What a listpack takes before its first element and behind its last one.
pub(super) const EMPTY: usize = 7;

/// What an element takes that is a number.
pub(super) const fn number_bytes(number: i64) -> usize {
    with_length(match number {
        0..=127 => 1,
        -4096..=4095 => 2,
        -0x8000..=0x7fff => 3,
        -0x80_0000..=0x7f_ffff => 4,
        -0x8000_0000..=0x7fff_ffff => 5,
        _ => 9,
    })
}

/// What an element takes: less if it is a number.
pub(super) fn string_bytes(string: &[u8]) -> usize {
    match integer(string) {
        Some(number) => number_bytes(number),
        None => with_length(match string.len() {
            length @ ..64 => 1 + length,
            length @ ..4096 => 2 + length,
            length => 5 + length,
        }),
    }
}

/// With what tells backwards how long it is.
const fn with_length(length: usize) -> usize {
    length
        + match length {
            0..=127 => 1,
            128..16_383 => 2,
            16_383..2_097_151 => 3,
            2_097_151..268_435_455 => 4,
            _ => 5,
        }
}
