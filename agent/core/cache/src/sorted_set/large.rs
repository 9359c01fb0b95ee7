//! A sorted set that is too large for the table.

use super::element::{Element, Elements};
use super::leaf::Leaf;
use super::many::Many;
use super::view::SortedSetView;

/// In one leaf, or in many.
#[derive(Clone, Debug)]
pub(crate) enum LargeSortedSet {
    One(Box<Leaf>),
    Many(Box<Many>),
}

/// What the elements take if they are in one leaf.
const ONE_BYTES_MAX: usize = if cfg!(test) { 700 } else { 4076 };

impl LargeSortedSet {
    /// Of packed elements.
    pub(super) fn of(packed: &[u8]) -> Self {
        Self::One(Box::new(Leaf::from(packed)))
    }

    pub(crate) fn view(&self) -> SortedSetView<'_> {
        match self {
            Self::One(leaf) => SortedSetView::Packed(leaf.bytes()),
            Self::Many(many) => SortedSetView::Many(many),
        }
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        match self {
            Self::One(leaf) => size_of::<Leaf>() + leaf.allocated(),
            Self::Many(many) => many.allocated(),
        }
    }

    /// If it is in many leaves: bytes that these ask of the allocator, and how many elements the rest is for.
    pub(crate) fn bulk(&self) -> Option<(usize, usize)> {
        match self {
            Self::One(_) => None,
            Self::Many(many) => Some((many.leaf_bytes(), many.len())),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::One(leaf) => leaf.bytes().is_empty(),
            Self::Many(many) => many.len() == 0,
        }
    }

    /// Gives a member a score; whether it is new.
    pub(super) fn put(&mut self, element: &Element<'_>, seed: u64) -> bool {
        let Self::One(leaf) = self else {
            return self.many(seed).put(element);
        };
        let place = place_of(leaf, element.member);
        let is_new = place.is_none();
        if let Some((range, _)) = place {
            leaf.remove(range);
        }
        if leaf.bytes().len() + element.packed_bytes() > ONE_BYTES_MAX {
            self.many(seed).put(element);
        } else {
            leaf.insert(leaf.elements().place_for(element), element);
        }
        is_new
    }

    /// Removes a member; whether it was there.
    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        match self {
            Self::Many(many) => many.remove(member),
            Self::One(leaf) => {
                let place = place_of(leaf, member);
                let was_there = place.is_some();
                if let Some((range, _)) = place {
                    leaf.remove(range);
                }
                was_there
            }
        }
    }

    /// It in many leaves.
    fn many(&mut self, seed: u64) -> &mut Many {
        if let Self::One(leaf) = self {
            *self = Self::Many(Box::new(Many::of(leaf.elements(), seed)));
        }
        match self {
            Self::Many(many) => many,
            Self::One(_) => unreachable!("it is in many"),
        }
    }
}

fn place_of<'a>(leaf: &'a Leaf, member: &[u8]) -> Option<(std::ops::Range<usize>, Element<'a>)> {
    Elements::of(leaf.bytes()).place_of(|element| element.is_of(member))
}
