//! Listpacks: small collections in one string, since Redis 7.0.
//!
//! <https://github.com/antirez/listpack/blob/master/listpack.md>

use super::input::text;
use super::value::Bytes;
use crate::number::integer;

const HEAD: usize = 6;
const END: u8 = 0xff;
/// Stands for a number of elements that is not told.
const COUNT_UNKNOWN: u16 = u16::MAX;

/// The elements, if it is one.
pub(super) fn elements(bytes: &[u8]) -> Option<Vec<Bytes<'_>>> {
    let total = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let count = u16::from_le_bytes(bytes.get(4..HEAD)?.try_into().ok()?);
    let (end, mut rest) = bytes.get(HEAD..)?.split_last()?;
    if total as usize != bytes.len() || *end != END {
        return None;
    }
    let mut elements = Vec::with_capacity(usize::from(count).min(rest.len() / 2));
    while !rest.is_empty() {
        let (element, length) = element(rest)?;
        elements.push(element);
        let (back, back_length) = back_length(length);
        rest = rest[length..].strip_prefix(&back[..back_length])?;
    }
    (count == COUNT_UNKNOWN || usize::from(count) == elements.len()).then_some(elements)
}

/// The first element, and how many bytes it takes, without what leads back to it.
fn element(bytes: &[u8]) -> Option<(Bytes<'_>, usize)> {
    let first = *bytes.first()?;
    let at = |index: usize| bytes.get(index).copied();
    let number = |length: usize| {
        let mut whole = [0; 8];
        whole[8 - length..].copy_from_slice(bytes.get(1..=length)?);
        let number = i64::from_le_bytes(whole) >> (64 - 8 * length);
        Some((text(number), 1 + length))
    };
    let string = |head: usize, length: usize| {
        let string = bytes.get(head..head.checked_add(length)?)?;
        Some((string.into(), head + length))
    };
    match first {
        0x00..=0x7f => Some((text(first.into()), 1)),
        0x80..=0xbf => string(1, usize::from(first & 0x3f)),
        0xc0..=0xdf => {
            let bits = i64::from(first & 0x1f) << 8 | i64::from(at(1)?);
            Some((text((bits << 51) >> 51), 2))
        }
        0xe0..=0xef => string(2, usize::from(first & 0xf) << 8 | usize::from(at(1)?)),
        0xf0 => {
            let length = u32::from_le_bytes(bytes.get(1..5)?.try_into().ok()?);
            string(5, length as usize)
        }
        0xf1 => number(2),
        0xf2 => number(3),
        0xf3 => number(4),
        0xf4 => number(8),
        0xf5..=0xff => None,
    }
}

/// What leads back from the end of an element to its start, and how many bytes of it there are.
const fn back_length(length: usize) -> ([u8; 5], usize) {
    let bytes = match length {
        0..=127 => 1,
        128..16_383 => 2,
        16_383..2_097_151 => 3,
        2_097_151..268_435_455 => 4,
        _ => 5,
    };
    let mut back = [0; 5];
    let mut index = 0;
    while index < bytes {
        let bits = (length >> (7 * (bytes - 1 - index))) as u8 & 0x7f;
        back[index] = if index == 0 { bits } else { bits | 0x80 };
        index += 1;
    }
    (back, bytes)
}

/// A listpack that is written.
pub(super) struct Listpack {
    bytes: Vec<u8>,
    count: usize,
}

impl Listpack {
    pub(super) fn new() -> Self {
        Self {
            bytes: vec![0; HEAD],
            count: 0,
        }
    }

    /// How long it is.
    pub(super) const fn length(&self) -> usize {
        self.bytes.len() + 1
    }

    /// Adds an element: as a number, if it is one.
    pub(super) fn push(&mut self, element: &[u8]) {
        match integer(element) {
            Some(number) => self.push_number(number),
            None => self.push_string(element),
        }
    }

    pub(super) fn push_number(&mut self, number: i64) {
        let bytes = number.to_le_bytes();
        let start = self.bytes.len();
        let bits = 64 - (number ^ (number >> 63)).leading_zeros() + 1;
        if (0..=127).contains(&number) {
            self.bytes.push(bytes[0]);
        } else if bits <= 13 {
            self.bytes.push(0xc0 | bytes[1] & 0x1f);
            self.bytes.push(bytes[0]);
        } else {
            let (mark, length) = match bits {
                ..17 => (0xf1, 2),
                17..25 => (0xf2, 3),
                25..33 => (0xf3, 4),
                _ => (0xf4, 8),
            };
            self.bytes.push(mark);
            self.bytes.extend_from_slice(&bytes[..length]);
        }
        self.end_element(start);
    }

    fn push_string(&mut self, string: &[u8]) {
        let start = self.bytes.len();
        match string.len() {
            length @ ..64 => self.bytes.push(0x80 | length as u8),
            length @ ..4096 => {
                self.bytes.push(0xe0 | (length >> 8) as u8);
                self.bytes.push(length as u8);
            }
            length => {
                self.bytes.push(0xf0);
                self.bytes.extend_from_slice(&(length as u32).to_le_bytes());
            }
        }
        self.bytes.extend_from_slice(string);
        self.end_element(start);
    }

    fn end_element(&mut self, start: usize) {
        let (back, length) = back_length(self.bytes.len() - start);
        self.bytes.extend_from_slice(&back[..length]);
        self.count += 1;
    }

    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.push(END);
        let total = self.bytes.len() as u32;
        let count = u16::try_from(self.count).unwrap_or(COUNT_UNKNOWN);
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
        self.bytes[4..HEAD].copy_from_slice(&count.to_le_bytes());
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back_as_they_were_pushed() {
        let mut all: Vec<Vec<u8>> = vec![b"".to_vec(), b"a".to_vec(), b"-0".to_vec()];
        let edges = [7, 12, 15, 23, 31, 63].map(|bits| (1_i128 << bits) - 1);
        for edge in edges {
            for number in [edge - 1, edge, edge + 1, -edge, -edge - 1, -edge - 2] {
                all.push(number.to_string().into_bytes());
            }
        }
        for length in [63, 64, 126, 127, 4095, 4096, 16_380, 16_383, 2_097_151] {
            all.push(vec![b'x'; length]);
        }
        let mut listpack = Listpack::new();
        all.iter().for_each(|element| listpack.push(element));
        let bytes = listpack.into_bytes();
        let back = elements(&bytes).expect("it is one");
        assert!(back == all, "{:?}", &back[..40]);
        for cut in (0..400).chain([bytes.len() - 1]) {
            assert!(elements(&bytes[..cut]).is_none(), "{cut}");
        }
    }
}
