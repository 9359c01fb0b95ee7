//! Sorted sets as they are read.

use std::ops::Range;

use super::element::{Element, Elements};
use super::many::Many;

/// A sorted set as it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SortedSetView<'a> {
    Packed(&'a [u8]),
    Many(&'a Many),
}

impl<'a> SortedSetView<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Packed(bytes) => Elements::of(bytes).count(),
            Self::Many(many) => many.len(),
        }
    }

    /// The score of a member.
    #[inline]
    pub(crate) fn score(self, member: &[u8]) -> Option<f64> {
        let found = match self {
            Self::Packed(bytes) => Elements::of(bytes).find(|element| element.is_of(member)),
            Self::Many(many) => many.find(member),
        };
        found.map(|element| element.score())
    }

    /// How many members are before this one, and its score.
    pub(crate) fn rank(self, member: &[u8]) -> Option<(usize, f64)> {
        let score = self.score(member)?;
        let element = Element::new(score, member);
        Some((self.count_before(|own| *own < element), score))
    }

    /// How many of the first elements there are of which `before` holds; of those behind them it does not.
    pub(crate) fn count_before(self, before: impl Fn(&Element<'_>) -> bool) -> usize {
        match self {
            Self::Packed(bytes) => Elements::of(bytes).take_while(before).count(),
            Self::Many(many) => many.count_before(before),
        }
    }

    /// The elements of these ranks, which are there, up or down.
    pub(crate) fn range(
        self,
        ranks: Range<usize>,
        down: bool,
    ) -> Box<dyn Iterator<Item = Element<'a>> + 'a> {
        let (first, count) = (ranks.start, ranks.len());
        if count == 0 {
            return Box::new(std::iter::empty());
        }
        match self {
            Self::Packed(bytes) if down => {
                let elements: Vec<_> = Elements::of(bytes).skip(first).take(count).collect();
                Box::new(elements.into_iter().rev())
            }
            Self::Packed(bytes) => Box::new(Elements::of(bytes).skip(first).take(count)),
            Self::Many(many) => {
                let from = if down { ranks.end - 1 } else { first };
                Box::new(many.walk(from, down).take(count))
            }
        }
    }

    /// All elements in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Element<'a>> {
        self.range(0..self.len(), false)
    }

    /// Goes on with a walk over all elements that began with the cursor 0: at least so many of them, if there are, and the next
    /// cursor. At most `whole` elements are walked in one step, in their order.
    pub(crate) fn scan(
        self,
        mut cursor: u64,
        count: usize,
        whole: usize,
    ) -> (Vec<Element<'a>>, u64) {
        let many = match self {
            Self::Many(many) if many.len() > whole => many,
            _ => return (self.iter().collect(), 0),
        };
        let mut elements = Vec::new();
        loop {
            cursor = many.scan(cursor, |element| elements.push(element));
            if cursor == 0 || elements.len() >= count {
                return (elements, cursor);
            }
        }
    }
}
