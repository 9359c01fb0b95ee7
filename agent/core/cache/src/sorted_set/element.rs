//! A member with its score, and how they are packed.

use std::cmp::Ordering;
use std::ops::Range;

use crate::packed::{Strings, packed_bytes};

/// A member with its score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// The score, so that a higher one is a larger number.
    bits: u64,
    pub(crate) member: &'a [u8],
}

/// How many bytes a score takes.
const SCORE: usize = 8;
const SIGN: u64 = 1 << 63;
/// What -0 is; in order it is as 0.
const NEGATIVE_ZERO: u64 = !SIGN;

impl<'a> Element<'a> {
    /// The score is a number.
    pub(crate) const fn new(score: f64, member: &'a [u8]) -> Self {
        let bits = score.to_bits();
        let bits = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        Self { bits, member }
    }

    /// With a score of this order.
    pub(super) const fn of_order(bits: u64, member: &'a [u8]) -> Self {
        Self { bits, member }
    }

    pub(crate) const fn score(&self) -> f64 {
        f64::from_bits(if self.bits & SIGN == 0 {
            !self.bits
        } else {
            self.bits & !SIGN
        })
    }

    /// Whether it is this member's. Ends are compared first: beginnings are often the same.
    #[inline]
    pub(super) fn is_of(&self, member: &[u8]) -> bool {
        self.member.len() == member.len()
            && self.member.last() == member.last()
            && self.member == member
    }

    /// By what its score is compared.
    pub(super) const fn order(&self) -> u64 {
        if self.bits == NEGATIVE_ZERO {
            SIGN
        } else {
            self.bits
        }
    }

    /// How many bytes it takes where it is packed.
    pub(super) const fn packed_bytes(&self) -> usize {
        packed_bytes(SCORE + self.member.len())
    }

    /// Packs it into so many bytes.
    pub(super) fn write(&self, out: &mut [u8]) {
        let length = SCORE + self.member.len();
        let text = out.len() - length;
        if text == 1 {
            out[0] = length as u8;
        } else {
            out[0] = u8::MAX;
            let length = u32::try_from(length).expect("members are below 4 GiB");
            out[1..text].copy_from_slice(&length.to_le_bytes());
        }
        out[text..text + SCORE].copy_from_slice(&self.bits.to_be_bytes());
        out[text + SCORE..].copy_from_slice(self.member);
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Element<'_> {}

impl PartialOrd for Element<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By score, then by member.
impl Ord for Element<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = self.order().cmp(&other.order());
        by_score.then_with(|| self.member.cmp(other.member))
    }
}

/// Packed elements, in their order: each is a string of [`crate::packed`], the score's eight bytes and the member.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a>(Strings<'a>);

impl<'a> Elements<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(Strings::of(bytes))
    }

    /// The next one, and where it is.
    #[inline]
    pub(super) fn next_place(&mut self) -> Option<(Range<usize>, Element<'a>)> {
        let (range, string) = self.0.next()?;
        let (bits, member) = string.split_first_chunk().expect("a score is before it");
        let bits = u64::from_be_bytes(*bits);
        Some((range, Element { bits, member }))
    }

    /// Where the first one is of which `is_it`.
    pub(super) fn place_of(
        mut self,
        is_it: impl Fn(&Element<'a>) -> bool,
    ) -> Option<(Range<usize>, Element<'a>)> {
        loop {
            let (range, element) = self.next_place()?;
            if is_it(&element) {
                return Some((range, element));
            }
        }
    }

    /// Where one begins that is not before this one, or where all end.
    pub(super) fn place_for(self, element: &Element<'_>) -> usize {
        let end = self.0.clone();
        match self.place_of(|own| own >= element) {
            Some((range, _)) => range.start,
            None => end.fold(0, |_, (range, _)| range.end),
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        self.next_place().map(|(_, element)| element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_in_order() {
        let scores = [
            f64::NEG_INFINITY,
            -1e300,
            -1.5,
            -0.0,
            1e-300,
            2.0,
            f64::INFINITY,
        ];
        for pair in scores.windows(2) {
            assert!(Element::new(pair[0], b"z") < Element::new(pair[1], b"a"));
        }
        for score in scores {
            assert_eq!(Element::new(score, b"").score().to_bits(), score.to_bits());
        }
        assert!(Element::new(0.0, b"a") < Element::new(-0.0, b"b"));
        assert_eq!(Element::new(0.0, b"a"), Element::new(-0.0, b"a"));
    }

    #[test]
    fn elements_come_back_as_they_were_packed() {
        let long = vec![b'x'; 300];
        let all = [
            (-0.0, b"a".as_slice()),
            (1.5, b""),
            (2.0, &long),
            (3.0, b"z"),
        ];
        let mut bytes = Vec::new();
        for (score, member) in all {
            let element = Element::new(score, member);
            let start = bytes.len();
            bytes.resize(start + element.packed_bytes(), 0);
            element.write(&mut bytes[start..]);
        }
        let back = Elements::of(&bytes).map(|element| (element.score(), element.member));
        assert!(back.eq(all));
        let place = |element: &Element<'_>| Elements::of(&bytes).place_for(element);
        assert_eq!(place(&Element::new(-1.0, b"")), 0);
        assert_eq!(place(&Element::new(2.0, b"a")), 10 + 9);
        assert_eq!(place(&Element::new(9.0, b"a")), bytes.len());
    }
}
