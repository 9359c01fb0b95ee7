//! A page of a hash that is neither small nor large.

use std::ops::Range;
use std::sync::Arc;

use crate::packed::{Packed, Strings, packed_bytes};
use crate::size_class::size_class;

/// Fields, each with its value behind it, in one shared allocation: how many there are, where the last one ends, how long all fields
/// are and how long all values, and then these, in the order in which they came.
///
/// Many hashes have fields that are as long as each other, and values, too: then nothing is between them. If not, [`VARIED`] stands
/// for the lengths, and they lie as in [`crate::packed`].
#[derive(Clone, Debug)]
pub(super) struct Page {
    bytes: Arc<[u8]>,
}

/// `count`, `end`, and two lengths.
const HEAD: usize = 6;
/// All of a page, so that it fits a size of allocators.
pub(super) const PAGE_BYTES_MAX: usize = 2048 - 16;
/// Not all fields are of the same length, or not all values.
const VARIED: [u8; 2] = [u8::MAX; 2];
/// A longer field with its value is for no page.
pub(super) const ENTRY_BYTES_MAX: usize = PAGE_BYTES_MAX / 4;

/// A field and its value, and where in the page they are.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    range: Range<usize>,
    pub(super) field: &'a [u8],
    pub(super) value: &'a [u8],
}

impl Page {
    /// Of one field.
    pub(super) fn of(field: &[u8], value: &[u8]) -> Self {
        let lengths = lengths(field, value);
        let mut page = Self {
            bytes: std::iter::repeat_n(0, HEAD).collect(),
        };
        let head = page.own();
        head[2] = HEAD as u8;
        head[4..HEAD].copy_from_slice(&lengths);
        let is_room = page.push(field, value);
        debug_assert!(is_room, "it is short enough");
        page
    }

    pub(super) fn count(&self) -> usize {
        self.number(0)
    }

    /// Bytes that are taken of the allocator, beyond the counts.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Up to where it is full.
    pub(super) fn end(&self) -> usize {
        self.number(2)
    }

    fn lengths(&self) -> [u8; 2] {
        [self.bytes[4], self.bytes[5]]
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let entries = &self.bytes[HEAD..self.end()];
        let (alike, varied): (&[u8], &[u8]) = if self.lengths() == VARIED {
            (&[], entries)
        } else {
            (entries, &[])
        };
        let [field, value] = self.lengths().map(usize::from);
        let alike = alike.chunks_exact(field + value).enumerate();
        let alike = alike.map(move |(place, entry)| {
            let start = HEAD + place * (field + value);
            let (field, value) = entry.split_at(field);
            Entry {
                range: start..start + entry.len(),
                field,
                value,
            }
        });
        let mut strings = Strings::of(varied);
        alike.chain(std::iter::from_fn(move || {
            let (start, field) = strings.next()?;
            let (end, value) = strings.next()?;
            Some(Entry {
                range: HEAD + start.start..HEAD + end.end,
                field,
                value,
            })
        }))
    }

    #[inline]
    pub(super) fn find(&self, field: &[u8]) -> Option<Entry<'_>> {
        let [own, _] = self.lengths();
        if own != VARIED[0] && usize::from(own) != field.len() {
            return None;
        }
        self.entries().find(|entry| entry.field == field)
    }

    /// Adds a field that is not there, if there is room.
    pub(super) fn push(&mut self, field: &[u8], value: &[u8]) -> bool {
        if self.lengths() == VARIED {
            let mut entry = Packed::default();
            entry.push(field);
            entry.push(value);
            self.append(&[entry.bytes()])
        } else if self.lengths() == lengths(field, value) {
            self.append(&[field, value])
        } else {
            self.vary(packed_bytes(field.len()) + packed_bytes(value.len()))
                && self.push(field, value)
        }
    }

    /// Gives a field another value, if there is room.
    pub(super) fn set(&mut self, entry: Range<usize>, field: &[u8], value: &[u8]) -> bool {
        if self.lengths() == lengths(field, value) && self.lengths() != VARIED {
            self.own()[entry.end - value.len()..entry.end].copy_from_slice(value);
            return true;
        }
        if self.lengths() != VARIED {
            return false;
        }
        let mut with = Packed::default();
        with.push(field);
        with.push(value);
        self.splice(entry, &[with.bytes()])
    }

    /// Removes a field.
    pub(super) fn remove(&mut self, entry: Range<usize>) {
        let count = self.count() - 1;
        self.splice(entry, &[]);
        set_number(self.own(), 0, count);
        let capacity = size_class(self.end());
        if capacity * 2 <= self.capacity() {
            self.resize(capacity);
        }
    }

    fn append(&mut self, parts: &[&[u8]]) -> bool {
        let end = self.end();
        let is_room = self.splice(end..end, parts);
        if is_room {
            let count = self.count() + 1;
            set_number(self.own(), 0, count);
        }
        is_room
    }

    /// Bytes give way to others, if there is room.
    fn splice(&mut self, range: Range<usize>, with: &[&[u8]]) -> bool {
        let more: usize = with.iter().map(|part| part.len()).sum();
        let (end, behind) = (self.end(), range.start + more);
        let after = end - range.len() + more;
        if after > PAGE_BYTES_MAX {
            return false;
        }
        if after > self.capacity() {
            self.resize(size_class(after));
        }
        let bytes = self.own();
        bytes.copy_within(range.end..end, behind);
        let mut at = range.start;
        for part in with {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        set_number(bytes, 2, after);
        true
    }

    /// Lets each entry tell its lengths, if there is room for that and so much more.
    fn vary(&mut self, more: usize) -> bool {
        let mut varied = Packed::default();
        for entry in self.entries() {
            varied.push(entry.field);
            varied.push(entry.value);
        }
        let end = HEAD + varied.bytes().len();
        if end + more > PAGE_BYTES_MAX {
            return false;
        }
        let count = self.count();
        if end > self.capacity() {
            self.resize(size_class(end));
        }
        let bytes = self.own();
        set_number(bytes, 0, count);
        set_number(bytes, 2, end);
        bytes[4..HEAD].copy_from_slice(&VARIED);
        bytes[HEAD..end].copy_from_slice(varied.bytes());
        true
    }

    fn resize(&mut self, capacity: usize) {
        let used = &self.bytes[..self.end()];
        let room = std::iter::repeat_n(0, capacity - used.len());
        self.bytes = used.iter().copied().chain(room).collect();
    }

    fn own(&mut self) -> &mut [u8] {
        Arc::make_mut(&mut self.bytes)
    }

    fn number(&self, at: usize) -> usize {
        usize::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }
}

impl Entry<'_> {
    /// Where it is, until the page is changed.
    pub(super) fn range(&self) -> Range<usize> {
        self.range.clone()
    }
}

fn set_number(bytes: &mut [u8], at: usize, number: usize) {
    let number = u16::try_from(number).expect("a page is that small");
    bytes[at..at + 2].copy_from_slice(&number.to_le_bytes());
}

/// What stands for the lengths of a field and its value in a page where all are alike.
fn lengths(field: &[u8], value: &[u8]) -> [u8; 2] {
    let short = |string: &[u8]| u8::try_from(string.len()).ok().filter(|it| *it < VARIED[0]);
    match (short(field), short(value)) {
        (Some(0), Some(0)) | (None, _) | (_, None) => VARIED,
        (Some(field), Some(value)) => [field, value],
    }
}
