//! Ranges of scores and of members, as commands name them.

use std::ops::Range;

use super::element::Element;
use super::view::SortedSetView;
use crate::command::Error;
use crate::number::double_of_string;

/// Scores between two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScoreRange {
    min: f64,
    without_min: bool,
    max: f64,
    without_max: bool,
}

impl ScoreRange {
    /// `min max`, each a number, or one that does not belong to the range behind a `(`.
    pub(crate) fn parse(min: &[u8], max: &[u8]) -> Result<Self, Error> {
        let bound = |text: &[u8]| match text {
            [b'(', text @ ..] => Some((double_of_string(text)?, true)),
            text => Some((double_of_string(text)?, false)),
        };
        let bounds = bound(min).zip(bound(max));
        let ((min, without_min), (max, without_max)) =
            bounds.ok_or(Error::text("ERR min or max is not a float"))?;
        Ok(Self {
            min,
            without_min,
            max,
            without_max,
        })
    }

    /// The ranks of those that are in it.
    pub(crate) fn ranks(&self, view: SortedSetView<'_>) -> Range<usize> {
        let before = |element: &Element<'_>| below(element.score(), self.min, self.without_min);
        let until = |element: &Element<'_>| below(element.score(), self.max, !self.without_max);
        ranks(view, before, until)
    }
}

/// Members between two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LexRange<'a> {
    min: LexBound<'a>,
    max: LexBound<'a>,
}

#[derive(Clone, Copy, Debug)]
enum LexBound<'a> {
    /// Before all members: `-`.
    Lowest,
    /// Behind all members: `+`.
    Highest,
    /// `[member`, or `(member` for what does not belong to the range.
    Member { member: &'a [u8], without: bool },
}

impl<'a> LexRange<'a> {
    pub(crate) fn parse(min: &'a [u8], max: &'a [u8]) -> Result<Self, Error> {
        let bounds = LexBound::parse(min).zip(LexBound::parse(max));
        let (min, max) = bounds.ok_or(Error::text("ERR min or max not valid string range item"))?;
        Ok(Self { min, max })
    }

    /// The ranks of those that are in it, if all have the same score; if they have not, none unless the last one is not before the
    /// range and the first one not behind it, as Redis does it.
    pub(crate) fn ranks(&self, view: SortedSetView<'_>) -> Range<usize> {
        let before = |element: &Element<'_>| self.min.is_behind(element.member, true);
        let until = |element: &Element<'_>| self.max.is_behind(element.member, false);
        let at = |rank: usize| view.range(rank..rank + 1, false).next();
        let last = view.len().checked_sub(1).and_then(at);
        let is_reached = last.is_some_and(|it| !before(&it)) && at(0).is_some_and(|it| until(&it));
        if is_reached {
            ranks(view, before, until)
        } else {
            0..0
        }
    }
}

impl<'a> LexBound<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        match text {
            [b'-'] | [b'-', 0, ..] => Some(Self::Lowest),
            [b'+'] | [b'+', 0, ..] => Some(Self::Highest),
            [b'[', member @ ..] => Some(Self::Member {
                member,
                without: false,
            }),
            [b'(', member @ ..] => Some(Self::Member {
                member,
                without: true,
            }),
            _ => None,
        }
    }

    /// Whether a member is before the range that begins here, or is not behind the one that ends here.
    fn is_behind(&self, other: &[u8], begins: bool) -> bool {
        match *self {
            Self::Lowest => false,
            Self::Highest => true,
            Self::Member { member, without } => below(other, member, without == begins),
        }
    }
}

/// Whether one is below another one, or is the same, if that counts.
fn below<T: PartialOrd>(one: T, other: T, or_same: bool) -> bool {
    one < other || or_same && one == other
}

fn ranks(
    view: SortedSetView<'_>,
    before: impl Fn(&Element<'_>) -> bool,
    until: impl Fn(&Element<'_>) -> bool,
) -> Range<usize> {
    let (first, last) = (view.count_before(before), view.count_before(until));
    first..last.max(first)
}
