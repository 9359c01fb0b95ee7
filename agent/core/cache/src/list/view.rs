//! Lists as they are read.

use std::iter::{Rev, Skip};
use std::vec::IntoIter;

use super::large::Walk;
use super::{Element, End, LargeList};
use crate::packed::Strings;

/// A list where it is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ListView<'a> {
    Packed(&'a [u8]),
    Large(&'a LargeList),
}

impl<'a> ListView<'a> {
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Packed(bytes) => Strings::of(bytes).count(),
            Self::Large(large) => large.len(),
        }
    }

    /// The element of this number.
    pub(crate) fn get(self, index: usize) -> Option<Element<'a>> {
        self.run(index, End::Tail).next()
    }

    /// The first element, or the last one.
    pub(crate) fn end(self, end: End) -> Option<Element<'a>> {
        match (self, end) {
            (Self::Packed(bytes), End::Tail) => {
                Strings::of(bytes).last().map(|(_, it)| Element::Bytes(it))
            }
            (_, End::Head) => self.get(0),
            (Self::Large(large), End::Tail) => self.get(large.len().checked_sub(1)?),
        }
    }

    /// Elements from the one of this number on, if it is there, towards an end.
    pub(crate) fn run(self, index: usize, towards: End) -> Run<'a> {
        match (self, towards) {
            (Self::Large(large), _) => Run::Large(large.walk(index, towards)),
            (Self::Packed(bytes), End::Tail) => Run::Forth(Strings::of(bytes).skip(index)),
            (Self::Packed(bytes), End::Head) => {
                let strings = Strings::of(bytes).take(index.saturating_add(1));
                let mut strings: Vec<_> = strings.map(|(_, it)| it).collect();
                if strings.len() <= index {
                    strings.clear();
                }
                Run::Back(strings.into_iter().rev())
            }
        }
    }

    /// Elements from an end on towards the other one.
    pub(crate) fn run_from(self, end: End) -> Run<'a> {
        match end {
            End::Head => self.run(0, End::Tail),
            End::Tail => self.run(self.len().saturating_sub(1), End::Head),
        }
    }
}

/// Elements of a list, one after another.
#[derive(Clone, Debug)]
pub(crate) enum Run<'a> {
    Forth(Skip<Strings<'a>>),
    Back(Rev<IntoIter<&'a [u8]>>),
    Large(Walk<'a>),
}

impl<'a> Iterator for Run<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match self {
            Self::Forth(strings) => strings.next().map(|(_, it)| Element::Bytes(it)),
            Self::Back(strings) => strings.next().map(Element::Bytes),
            Self::Large(walk) => walk.next(),
        }
    }
}
