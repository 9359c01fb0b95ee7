//! Elements of a large list side by side in one allocation.

use std::sync::Arc;

use super::End;
use super::lengths::{LENGTH_MAX, Sides, width, write};
use super::listpack::listpack_bytes;

/// Elements, one behind the other, and their lengths, each in a part of one shared allocation.
///
/// Where elements come at the tail, their bytes grow up towards the lengths, which grow down; where they come at the head, the bytes
/// grow down towards the lengths, which grow up. So one gap serves both. What is removed at an end is but left out of the parts.
///
/// Invariants: 1. both parts lie in the allocation, and do not overlap; 2. the lengths are those of `count` elements that fill the
/// bytes; 3. both take at most [`ROW_BYTES_MAX`]; 4. `listpack` is what the elements take in a listpack.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    bytes: Arc<[u8]>,
    listpack: u32,
    count: u16,
    data: Part,
    lengths: Part,
}

/// A part of the allocation.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    start: u16,
    end: u16,
}

/// What shares an allocation has two counts.
pub(super) const COUNTS: usize = 16;
/// What a row takes of the allocator is one of the sizes that it has.
pub(super) const ROW_BYTES_MAX: usize = 8192 - COUNTS;
/// An element that is longer has a node of its own.
pub(super) const ELEMENT_BYTES_MAX: usize = ROW_BYTES_MAX / 4 - 2;

const _: () = assert!(ELEMENT_BYTES_MAX <= LENGTH_MAX);

impl Row {
    pub(super) const fn count(&self) -> usize {
        self.count as usize
    }

    /// What its elements take in a listpack.
    pub(super) const fn listpack(&self) -> usize {
        self.listpack as usize
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        match self.bytes.len() {
            0 => 0,
            capacity => COUNTS + capacity,
        }
    }

    /// Bytes of the elements and their lengths.
    pub(super) const fn used(&self) -> usize {
        self.data.len() + self.lengths.len()
    }

    pub(super) fn elements(&self) -> Sides<'_> {
        Sides::new(self.part(self.data), self.part(self.lengths), self.count())
    }

    /// Whether it has room for an element more.
    pub(super) const fn takes(&self, element: usize) -> bool {
        self.used() + needs(element) <= ROW_BYTES_MAX
    }

    /// Adds an element at an end. It has room for it.
    pub(super) fn push(&mut self, end: End, element: &[u8]) {
        debug_assert!(self.takes(element.len()), "who asks looked");
        let width = width(element.len());
        if !self.has_room(end, element.len(), width) {
            self.make_room(end, element.len() + width);
        }
        match end {
            End::Head => {
                self.data.start -= element.len() as u16;
                self.lengths.end += width as u16;
            }
            End::Tail => {
                self.data.end += element.len() as u16;
                self.lengths.start -= width as u16;
            }
        }
        let (data, length) = match end {
            End::Head => (self.data.start, self.lengths.end - width as u16),
            End::Tail => (self.data.end - element.len() as u16, self.lengths.start),
        };
        let bytes = Arc::make_mut(&mut self.bytes);
        bytes[usize::from(data)..][..element.len()].copy_from_slice(element);
        write(&mut bytes[usize::from(length)..], element.len());
        self.count += 1;
        self.listpack += listpack_bytes(element) as u32;
    }

    /// Removes elements at an end, which are there.
    pub(super) fn pop(&mut self, end: End, count: usize) {
        let mut elements = self.elements();
        let gone = (0..count).filter_map(|_| elements.take(end));
        let gone: usize = gone.map(listpack_bytes).sum();
        let left = elements.left();
        self.leave(end, left);
        self.listpack -= gone as u32;
        if (self.used() + 32) * 2 < self.bytes.len() {
            let capacity = size_class(self.used() + self.used() / 16);
            self.lay(capacity, self.grows_at(), (0, 0));
        }
    }

    /// Leaves out what is not left, at an end: so many bytes of elements, and of lengths, of so many elements.
    fn leave(&mut self, end: End, (data, lengths, count): (usize, usize, usize)) {
        let (data, lengths) = (data as u16, lengths as u16);
        match end {
            End::Head => {
                self.data.start = self.data.end - data;
                self.lengths.end = self.lengths.start + lengths;
            }
            End::Tail => {
                self.data.end = self.data.start + data;
                self.lengths.start = self.lengths.end - lengths;
            }
        }
        self.count = count as u16;
    }

    /// With `removed` elements from `at` on, which are there, given way to another one, if it has room for that.
    pub(super) fn splice(&self, at: usize, removed: usize, with: Option<&[u8]>) -> Option<Self> {
        let before = self.cut(End::Tail, self.count() - at);
        let after = self.cut(End::Head, at + removed);
        let more = with.map_or(0, |element| needs(element.len()));
        let used = before.used() + more + after.used();
        if used > ROW_BYTES_MAX {
            return None;
        }
        let mut gone = self.elements();
        gone.skip(End::Head, at);
        let gone = (0..removed).filter_map(|_| gone.take(End::Head));
        let gone: usize = gone.map(listpack_bytes).sum();
        let mut spliced = Self::with_room(used);
        spliced.append(&before);
        with.into_iter()
            .for_each(|with| spliced.push(End::Tail, with));
        spliced.append(&after);
        spliced.listpack = self.listpack - gone as u32;
        spliced.listpack += with.map_or(0, listpack_bytes) as u32;
        Some(spliced)
    }

    /// In two, of which the first has `at` elements.
    pub(super) fn split(&self, at: usize) -> (Self, Self) {
        let both = [(End::Tail, self.count() - at), (End::Head, at)];
        let [first, second] = both.map(|(end, count)| {
            let mut part = self.cut(end, count);
            part.trim();
            let mut elements = part.elements();
            let elements = std::iter::from_fn(|| elements.take(End::Head));
            part.listpack = elements.map(listpack_bytes).sum::<usize>() as u32;
            part
        });
        (first, second)
    }

    /// At which element both sides take about as much: neither takes more than half of the row and an element.
    pub(super) fn middle(&self) -> usize {
        let mut elements = self.elements();
        let mut at = 0;
        let takes = |(data, lengths, _)| data + lengths;
        while takes(elements.left()) * 2 > self.used() {
            elements.take(End::Head);
            at += 1;
        }
        at.clamp(1, self.count().max(2) - 1)
    }

    /// Without elements of these bytes: as many as `drops` says of each in turn, from the head.
    pub(super) fn without(&self, element: &[u8], mut drops: impl FnMut() -> bool) -> Self {
        let mut left = Self::with_room(self.used());
        let mut elements = self.elements();
        while let Some(own) = elements.take(End::Head) {
            if own != element || !drops() {
                left.push(End::Tail, own);
            }
        }
        left.trim();
        left
    }

    /// Whether it is to be joined with the one that follows.
    pub(super) const fn is_joined_with(&self, other: &Self) -> bool {
        self.used() + other.used() <= ROW_BYTES_MAX / 4 * 3
    }

    /// Adds the elements of another one at the tail. It has room for them.
    pub(super) fn append(&mut self, other: &Self) {
        let (data, lengths) = (other.part(other.data), other.part(other.lengths));
        if other.count == 0 {
            return;
        }
        if !self.has_room(End::Tail, data.len(), lengths.len()) {
            self.make_room(End::Tail, data.len() + lengths.len());
        }
        let at = usize::from(self.data.end);
        self.data.end += data.len() as u16;
        self.lengths.start -= lengths.len() as u16;
        let length = usize::from(self.lengths.start);
        let bytes = Arc::make_mut(&mut self.bytes);
        bytes[at..at + data.len()].copy_from_slice(data);
        bytes[length..length + lengths.len()].copy_from_slice(lengths);
        self.count += other.count;
        self.listpack += other.listpack;
    }

    /// Gives back what it does not need, if that is much: nothing will be added soon.
    pub(super) fn trim(&mut self) {
        let used = self.used();
        if (self.bytes.len() - used) * 32 > self.bytes.len() {
            self.lay(used, self.grows_at(), (0, 0));
        }
    }

    /// That the invariants hold.
    #[cfg(test)]
    pub(super) fn check(&self) {
        let [data, lengths] = [self.data, self.lengths].map(|part| part.start..part.end);
        assert!(usize::from(data.end.max(lengths.end)) <= self.bytes.len());
        assert!(data.end <= lengths.start || lengths.end <= data.start);
        assert!(self.used() <= ROW_BYTES_MAX);
        let mut elements = self.elements();
        let elements: Vec<_> = std::iter::from_fn(|| elements.take(End::Head)).collect();
        assert_eq!(elements.len(), self.count());
        let used: usize = elements.iter().map(|element| needs(element.len())).sum();
        assert_eq!(used, self.used());
        let listpack: usize = elements.into_iter().map(listpack_bytes).sum();
        assert_eq!(listpack, self.listpack());
    }

    /// Without so many elements at an end, in the same allocation. What it takes in a listpack is left to be said.
    fn cut(&self, end: End, count: usize) -> Self {
        let mut elements = self.elements();
        elements.skip(end, count);
        let mut cut = self.clone();
        cut.leave(end, elements.left());
        cut
    }

    /// Empty, with room for so many bytes of elements at the tail and their lengths.
    fn with_room(room: usize) -> Self {
        let mut row = Self::default();
        row.lay(size_class(room).min(ROW_BYTES_MAX), End::Tail, (0, 0));
        row
    }

    /// At which end elements grow into the gap between the parts.
    const fn grows_at(&self) -> End {
        if self.data.end <= self.lengths.start {
            End::Tail
        } else {
            End::Head
        }
    }

    fn has_room(&self, end: End, data: usize, lengths: usize) -> bool {
        let gap = self.gap();
        let (data_start, lengths_start) = (self.data.start, self.lengths.start);
        let behind = |part: Part| self.bytes.len() - usize::from(part.end);
        match (end, self.grows_at()) {
            (End::Tail, End::Tail) | (End::Head, End::Head) => data + lengths <= gap,
            (End::Head, End::Tail) => {
                data <= usize::from(data_start) && lengths <= behind(self.lengths)
            }
            (End::Tail, End::Head) => {
                data <= behind(self.data) && lengths <= usize::from(lengths_start)
            }
        }
    }

    /// Bytes between the parts.
    fn gap(&self) -> usize {
        let gap = match self.grows_at() {
            End::Tail => self.lengths.start - self.data.end,
            End::Head => self.data.start - self.lengths.end,
        };
        usize::from(gap)
    }

    /// Makes room for so many bytes more at an end, and for some others.
    fn make_room(&mut self, end: End, more: usize) {
        let used = self.used();
        let turns = self.count > 0 && self.grows_at() != end;
        let is_full = used + self.gap() == self.bytes.len();
        if is_full && !turns {
            // It only grows: the next size has some room already, and a row is never larger than it may be.
            let capacity = size_class(used + more).min(ROW_BYTES_MAX);
            return self.lay(capacity, end, (0, 0));
        }
        // What goes at one end comes at the other one, or comes at both: there is to be some room every time.
        let spare = 16 + used / 16;
        let beyond = if turns {
            (spare, 2 + spare / 8)
        } else {
            (0, 0)
        };
        let wanted = used + more + spare + beyond.0 + beyond.1;
        self.lay(size_class(wanted), end, beyond);
    }

    /// Lays its parts into a new allocation, growing at an end, with so much room beyond the bytes and the lengths at the other.
    fn lay(&mut self, capacity: usize, end: End, beyond: (usize, usize)) {
        let mut laid: Arc<[u8]> = std::iter::repeat_n(0, capacity).collect();
        let (data, lengths) = (self.data.len(), self.lengths.len());
        let (data_start, lengths_start) = match end {
            End::Tail => (beyond.0, capacity - beyond.1 - lengths),
            End::Head => (capacity - beyond.0 - data, beyond.1),
        };
        let bytes = Arc::get_mut(&mut laid).expect("it is new");
        bytes[data_start..data_start + data].copy_from_slice(self.part(self.data));
        bytes[lengths_start..lengths_start + lengths].copy_from_slice(self.part(self.lengths));
        self.bytes = laid;
        self.data = Part::new(data_start, data);
        self.lengths = Part::new(lengths_start, lengths);
    }

    fn part(&self, part: Part) -> &[u8] {
        &self.bytes[usize::from(part.start)..usize::from(part.end)]
    }
}

impl Part {
    fn new(start: usize, length: usize) -> Self {
        let at = |at: usize| u16::try_from(at).expect("a row is that small");
        Self {
            start: at(start),
            end: at(start + length),
        }
    }

    const fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// What an element takes in a row.
const fn needs(element: usize) -> usize {
    element + width(element)
}

/// What is asked of the allocator for so many bytes: with the counts it is one of the sizes that allocators have, eight to a
/// doubling.
fn size_class(needed: usize) -> usize {
    let whole = needed + COUNTS;
    let step = (whole.next_power_of_two() / 16).max(16);
    whole.div_ceil(step) * step - COUNTS
}
