//! Leaves: packed elements, and the numbers under which they are found.

use std::ops::Range;
use std::sync::Arc;

use super::element::{Element, Elements};

/// What the elements of a leaf take, if there is more than one.
pub(super) const LEAF_BYTES_MAX: usize = if cfg!(test) { 120 } else { 1516 };

/// Some elements in order, in one shared allocation: how many bytes they take, they, and room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leaf(Arc<[u8]>);

/// What tells how many bytes the elements take.
const HEAD: usize = 4;
/// What an `Arc` adds.
const COUNTS: usize = 16;

impl Leaf {
    /// Of one element.
    pub(super) fn of(element: &Element<'_>) -> Self {
        let mut leaf = Self::default();
        leaf.insert(0, element);
        leaf
    }

    /// All elements, packed.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        let Some((used, rest)) = self.0.split_first_chunk() else {
            return &[];
        };
        &rest[..u32::from_le_bytes(*used) as usize]
    }

    #[inline]
    pub(super) fn elements(&self) -> Elements<'_> {
        Elements::of(self.bytes())
    }

    /// The score of a member, if it is here.
    #[inline]
    pub(super) fn find(&self, member: &[u8]) -> Option<Element<'_>> {
        self.elements().find(|element| element.is_of(member))
    }

    /// Adds an element that belongs at this byte.
    pub(super) fn insert(&mut self, at: usize, element: &Element<'_>) {
        let (used, more) = (self.bytes().len(), element.packed_bytes());
        self.reserve(used + more);
        let bytes = self.own(used + more);
        bytes.copy_within(at..used, at + more);
        element.write(&mut bytes[at..at + more]);
    }

    /// Removes the element that takes these bytes.
    pub(super) fn remove(&mut self, range: Range<usize>) {
        let used = self.bytes().len();
        let bytes = self.own(used - range.len());
        bytes.copy_within(range.end..used, range.start);
        if capacity_for(used - range.len()) * 2 <= self.0.len() {
            *self = Self::from(self.bytes());
        }
    }

    /// Removes all from this byte on, and gives them.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let (left, right) = self.bytes().split_at(at);
        let (left, right) = (Self::from(left), Self::from(right));
        *self = left;
        right
    }

    /// Adds elements that are behind all of these.
    pub(super) fn append(&mut self, right: &Self) {
        let (used, more) = (self.bytes().len(), right.bytes().len());
        self.reserve(used + more);
        self.own(used + more)[used..used + more].copy_from_slice(right.bytes());
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        COUNTS + self.capacity()
    }

    /// Makes room for so many bytes of elements.
    fn reserve(&mut self, used: usize) {
        if HEAD + used > self.0.len() {
            self.0 = allocated(self.bytes(), used);
        }
    }

    /// The room for elements, of which they are to take so many bytes; copies it first if somebody else has it, too.
    fn own(&mut self, used: usize) -> &mut [u8] {
        let (head, room) = Arc::make_mut(&mut self.0).split_at_mut(HEAD);
        let used = u32::try_from(used).expect("members are below 4 GiB");
        head.copy_from_slice(&used.to_le_bytes());
        room
    }
}

impl From<&[u8]> for Leaf {
    fn from(bytes: &[u8]) -> Self {
        let mut leaf = Self(allocated(bytes, bytes.len()));
        leaf.own(bytes.len());
        leaf
    }
}

/// These elements, with room for so many bytes of them.
fn allocated(bytes: &[u8], used: usize) -> Arc<[u8]> {
    let head = (bytes.len() as u32).to_le_bytes();
    let room = capacity_for(used) - HEAD - bytes.len();
    let mut grown: Arc<[u8]> = std::iter::repeat_n(0, HEAD + bytes.len() + room).collect();
    let all = Arc::get_mut(&mut grown).expect("it is new");
    all[..HEAD].copy_from_slice(&head);
    all[HEAD..HEAD + bytes.len()].copy_from_slice(bytes);
    grown
}

/// What is asked of the allocator for so many bytes of elements: with the counts of an `Arc` it is one of the sizes that
/// allocators have.
fn capacity_for(used: usize) -> usize {
    let whole = HEAD + used + COUNTS;
    let step = (whole.next_power_of_two() / 16).max(16);
    whole.div_ceil(step) * step - COUNTS
}

/// Leaves by number. Numbers of those that were removed are given again.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaves {
    segments: Vec<Arc<Vec<Leaf>>>,
    len: usize,
    free: Vec<u32>,
    capacity: usize,
}

/// Leaves are shared by so many.
const SEGMENT: usize = 256;

impl Leaves {
    #[inline]
    pub(super) fn get(&self, number: u32) -> &Leaf {
        &self.segments[number as usize / SEGMENT][number as usize % SEGMENT]
    }

    /// Changes a leaf and keeps count of what leaves take.
    pub(super) fn change<R>(&mut self, number: u32, change: impl FnOnce(&mut Leaf) -> R) -> R {
        let segment = Arc::make_mut(&mut self.segments[number as usize / SEGMENT]);
        let leaf = &mut segment[number as usize % SEGMENT];
        let before = leaf.capacity();
        let result = change(leaf);
        self.capacity = self.capacity - before + leaf.capacity();
        result
    }

    /// Adds a leaf; its number.
    pub(super) fn add(&mut self, leaf: Leaf) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            if self.len.is_multiple_of(SEGMENT) {
                self.segments.reserve_exact(1 + self.segments.len() / 4);
                self.segments.push(Arc::default());
            }
            let last = Arc::make_mut(self.segments.last_mut().expect("there is one"));
            if last.len() == last.capacity() {
                last.reserve_exact(1 + last.len() / 4);
            }
            last.push(Leaf::default());
            self.len += 1;
            u32::try_from(self.len - 1).expect("they need more memory than there is")
        });
        self.change(number, |empty| *empty = leaf);
        number
    }

    /// Removes a leaf, and gives it.
    pub(super) fn remove(&mut self, number: u32) -> Leaf {
        let removed = self.change(number, std::mem::take);
        self.free.push(number);
        removed
    }

    /// All of them, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Leaf)> {
        let all = self.segments.iter().flat_map(|segment| segment.iter());
        (0..).zip(all)
    }

    /// Bytes that the leaves themselves ask of the allocator.
    pub(super) const fn bytes(&self) -> usize {
        self.capacity
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        let segments = self.segments.iter().map(|it| it.capacity());
        let shared = COUNTS + size_of::<Vec<Leaf>>();
        self.capacity
            + segments.sum::<usize>() * size_of::<Leaf>()
            + self.segments.len() * shared
            + self.segments.capacity() * size_of::<Arc<Vec<Leaf>>>()
            + self.free.capacity() * size_of::<u32>()
            + (self.len - self.free.len()) * COUNTS
    }
}
