//! A node of a large list.

use std::sync::Arc;

use super::End;
use super::element::Element;
use super::lengths::Sides;
use super::listpack::{Size, listpack_bytes};
use super::row::{COUNTS, ELEMENT_BYTES_MAX, Row};

/// Some elements that follow each other.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Short ones.
    Row(Row),
    /// One that is long. Shared, so that a reply can show it without a copy.
    Alone(Arc<Vec<u8>>),
}

const _: () = assert!(size_of::<Node>() == 32, "there may be many");

impl Default for Node {
    fn default() -> Self {
        Self::Row(Row::default())
    }
}

impl Node {
    /// Of one element, to grow at an end.
    pub(super) fn of(end: End, element: &[u8]) -> Self {
        if element.len() > ELEMENT_BYTES_MAX {
            return Self::Alone(Arc::new(element.to_vec()));
        }
        let mut row = Row::default();
        row.push(end, element);
        Self::Row(row)
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::Row(row) => row.count(),
            Self::Alone(_) => 1,
        }
    }

    pub(super) fn size(&self) -> Size {
        let bytes = match self {
            Self::Row(row) => row.listpack(),
            Self::Alone(element) => listpack_bytes(element),
        };
        Size {
            count: self.count(),
            bytes,
        }
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        match self {
            Self::Row(row) => row.allocated(),
            Self::Alone(element) => element.capacity() + size_of::<Vec<u8>>() + COUNTS,
        }
    }

    pub(super) fn elements(&self) -> Elements<'_> {
        match self {
            Self::Row(row) => Elements::Row(row.elements()),
            Self::Alone(element) => Elements::Alone(Some(element)),
        }
    }

    /// Adds an element at an end, if it has room for it.
    pub(super) fn push(&mut self, end: End, element: &[u8]) -> bool {
        match self {
            Self::Row(row) if element.len() <= ELEMENT_BYTES_MAX && row.takes(element.len()) => {
                row.push(end, element);
                true
            }
            _ => false,
        }
    }

    /// Removes elements at an end, but not all.
    pub(super) fn pop(&mut self, end: End, count: usize) {
        match self {
            Self::Row(row) => row.pop(end, count),
            Self::Alone(_) => unreachable!("it would be all"),
        }
    }

    /// That the invariants hold.
    #[cfg(test)]
    pub(super) fn check(&self) {
        match self {
            Self::Row(row) => row.check(),
            Self::Alone(element) => assert!(element.len() > ELEMENT_BYTES_MAX),
        }
    }

    /// Gives back what it does not need.
    pub(super) fn trim(&mut self) {
        if let Self::Row(row) = self {
            row.trim();
        }
    }

    /// Adds the elements of the node that follows, if both are small.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        match (self, other) {
            (Self::Row(row), Self::Row(other)) if row.is_joined_with(other) => {
                row.append(other);
                row.trim();
                true
            }
            _ => false,
        }
    }
}

/// Elements of a node that are left to be visited, from both ends.
#[derive(Clone, Debug)]
pub(super) enum Elements<'a> {
    Row(Sides<'a>),
    Alone(Option<&'a Arc<Vec<u8>>>),
}

impl<'a> Elements<'a> {
    /// The next one from an end.
    #[inline]
    pub(super) fn take(&mut self, end: End) -> Option<Element<'a>> {
        match self {
            Self::Row(sides) => sides.take(end).map(Element::Bytes),
            Self::Alone(element) => element.take().map(Element::Shared),
        }
    }

    /// Passes over `count` elements at an end, which are there.
    pub(super) fn skip(&mut self, end: End, count: usize) {
        match self {
            Self::Row(sides) => sides.skip(end, count),
            Self::Alone(element) if count > 0 => *element = None,
            Self::Alone(_) => {}
        }
    }
}
