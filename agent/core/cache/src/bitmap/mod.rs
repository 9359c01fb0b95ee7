//! Strings as rows of bits: the first one is the highest of the first byte.

pub(crate) mod field;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::command::Error;
use crate::number::integer;
use crate::string::STRING_BYTES_MAX;

/// In what a range of a string is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Byte,
    Bit,
}

impl Unit {
    /// The option of this name; bytes, if nothing is said.
    pub(crate) fn parse(word: Option<&[u8]>) -> Result<Self, Error> {
        match word {
            Some(word) if word.eq_ignore_ascii_case(b"bit") => Ok(Self::Bit),
            Some(word) if !word.eq_ignore_ascii_case(b"byte") => Err(Error::Syntax),
            _ => Ok(Self::Byte),
        }
    }

    /// How many a string has.
    pub(crate) const fn count(self, string: &[u8]) -> usize {
        match self {
            Self::Byte => string.len(),
            Self::Bit => 8 * string.len(),
        }
    }

    /// The bits of a range.
    pub(crate) const fn bits(self, range: &Range<usize>) -> Range<usize> {
        match self {
            Self::Byte => 8 * range.start..8 * range.end,
            Self::Bit => range.start..range.end,
        }
    }
}

const OFFSET: Error = Error::text("ERR bit offset is not an integer or out of range");

/// The number of a bit.
pub(crate) fn bit_offset(text: &[u8]) -> Result<usize, Error> {
    let offset = integer(text).and_then(|it| usize::try_from(it).ok());
    let offset = offset.filter(|it| it / 8 < STRING_BYTES_MAX);
    offset.ok_or(OFFSET)
}

/// A bit of its byte.
pub(crate) const fn mask(offset: usize) -> u8 {
    0x80 >> (offset % 8)
}

/// Whether a bit is set; what is behind the end is not.
pub(crate) fn has_bit(string: &[u8], offset: usize) -> bool {
    let byte = string.get(offset / 8).copied().unwrap_or(0);
    byte & mask(offset) != 0
}

/// How many bits of a range are set.
pub(crate) fn count(string: &[u8], bits: Range<usize>) -> usize {
    // Of the byte that a place is in, those before the place.
    let before = |place: usize| match place % 8 {
        0 => 0,
        bits => (string[place / 8] >> (8 - bits)).count_ones() as usize,
    };
    let (words, rest) = string[bits.start / 8..bits.end / 8].as_chunks::<8>();
    let words = words
        .iter()
        .map(|word| u64::from_ne_bytes(*word).count_ones() as usize);
    let rest = rest.iter().map(|byte| byte.count_ones() as usize);
    words.sum::<usize>() + rest.sum::<usize>() + before(bits.end) - before(bits.start)
}

/// The first bit of a range that is set, or not set.
pub(crate) fn position(string: &[u8], bits: Range<usize>, bit: bool) -> Option<usize> {
    // Whatever is looked for, its bits are set in a byte that was flipped so.
    let flip = if bit { 0 } else { 0xff };
    let first = bits.start / 8;
    let bytes = &string[first..bits.end.div_ceil(8)];
    let head = (bytes.first()? ^ flip) & (0xff >> (bits.start % 8));
    let (index, byte) = if head != 0 {
        (0, head)
    } else {
        let (words, _) = bytes[1..].as_chunks::<8>();
        let plain = words.iter().take_while(|word| **word == [flip; 8]).count();
        let from = 1 + 8 * plain;
        let rest = bytes[from..].iter().position(|byte| *byte != flip)?;
        (from + rest, bytes[from + rest] ^ flip)
    };
    let at = 8 * (first + index) + byte.leading_zeros() as usize;
    (at < bits.end).then_some(at)
}
