//! Lengths of elements, readable from both ends, and the elements that they tell apart.
//!
//! A length takes one byte below 128, else two of which each has its highest bit set: so whoever comes from either side sees at the
//! first byte how many there are. The lengths lie in reverse: that of the first element comes last.

use super::End;

/// What one byte tells is below this.
const WIDE: usize = 128;
/// What two bytes tell is at most this.
pub(super) const LENGTH_MAX: usize = (1 << 14) - 1;

/// How many bytes a length takes.
pub(super) const fn width(length: usize) -> usize {
    if length < WIDE { 1 } else { 2 }
}

/// Writes a length to the first bytes of `at`; how many it takes.
pub(super) fn write(at: &mut [u8], length: usize) -> usize {
    debug_assert!(length <= LENGTH_MAX, "longer ones are alone");
    if length < WIDE {
        at[0] = length as u8;
        1
    } else {
        at[0] = 0x80 | length as u8;
        at[1] = 0x80 | (length >> 7) as u8;
        2
    }
}

const fn wide(low: u8, high: u8) -> usize {
    (low & 0x7f) as usize | ((high & 0x7f) as usize) << 7
}

/// Elements that lie side by side, apart from their lengths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    data: &'a [u8],
    lengths: &'a [u8],
    count: usize,
}

impl<'a> Sides<'a> {
    /// So many elements.
    pub(super) const fn new(data: &'a [u8], lengths: &'a [u8], count: usize) -> Self {
        Self {
            data,
            lengths,
            count,
        }
    }

    /// Bytes of the elements that are left, of their lengths, and how many they are.
    pub(super) const fn left(&self) -> (usize, usize, usize) {
        (self.data.len(), self.lengths.len(), self.count)
    }

    /// Passes over `count` elements at an end, which are there.
    pub(super) fn skip(&mut self, end: End, count: usize) {
        debug_assert!(count <= self.count, "they are there");
        if self.lengths.len() == self.count {
            // All lengths take a byte: their sum tells where it goes on.
            let from = match end {
                End::Head => self.lengths.len() - count,
                End::Tail => 0,
            };
            let skipped = &self.lengths[from..from + count];
            let bytes: u32 = skipped.iter().map(|length| u32::from(*length)).sum();
            self.cut(end, bytes as usize, count, count);
        } else {
            for _ in 0..count {
                self.take(end);
            }
        }
    }

    /// The next element from an end.
    #[inline]
    pub(super) fn take(&mut self, end: End) -> Option<&'a [u8]> {
        let (length, width) = match (end, self.lengths) {
            (_, []) => return None,
            (End::Head, [.., length]) | (End::Tail, [length, ..]) if *length < 0x80 => {
                (usize::from(*length), 1)
            }
            (End::Head, [.., low, high]) | (End::Tail, [low, high, ..]) => (wide(*low, *high), 2),
            (_, [_]) => unreachable!("a wide length has two bytes"),
        };
        let element = match end {
            End::Head => &self.data[..length],
            End::Tail => &self.data[self.data.len() - length..],
        };
        self.cut(end, length, width, 1);
        Some(element)
    }

    #[inline]
    fn cut(&mut self, end: End, data: usize, lengths: usize, count: usize) {
        match end {
            End::Head => {
                self.data = &self.data[data..];
                self.lengths = &self.lengths[..self.lengths.len() - lengths];
            }
            End::Tail => {
                self.data = &self.data[..self.data.len() - data];
                self.lengths = &self.lengths[lengths..];
            }
        }
        self.count -= count;
    }
}
