//! A node of a table: some entries, packed into one allocation.

use std::ops::Range;
use std::sync::Arc;

use crate::size_class::size_class;

/// Entries of one bucket, in one shared allocation: how many there are, then what finds them, growing up: for each entry the tag of
/// its hash and how far before the end it begins; then room, then the entries, growing down from the end. So whoever looks for an
/// entry reads at two places, the first of which tells the second.
///
/// An entry is the length of its key, the key, and the value; it ends where the one before it begins. What is too large for a node is
/// kept apart, and its entry is but its number there.
///
/// Invariants: 1. entries lie in the order of their places in the index, the first one last, without gaps; 2. the index ends at or
/// before the last one.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    bytes: Arc<[u8]>,
}

/// How many entries there are.
const HEAD: usize = 2;
/// The tag of an entry, and how far before the end it begins.
const FINGER: usize = 3;
/// The most that is in a node, with its head and its index.
pub(super) const NODE_BYTES_MAX: usize = u16::MAX as usize;

impl Node {
    #[inline]
    pub(super) fn count(&self) -> usize {
        if self.bytes.is_empty() {
            0
        } else {
            number(&self.bytes, 0)
        }
    }

    /// Bytes that are taken of the allocator.
    pub(super) fn capacity(&self) -> usize {
        const COUNTS: usize = 16;
        match self.bytes.len() {
            0 => 0,
            room => room + COUNTS,
        }
    }

    /// Bytes of entries, with what finds them.
    pub(super) fn used(&self) -> usize {
        match self.count() {
            0 => 0,
            count => HEAD + count * FINGER + self.distance(count),
        }
    }

    /// Where what finds an entry is looked for first.
    pub(super) fn first(&self) -> Option<&u8> {
        self.bytes.first()
    }

    /// The place of the first entry with this tag of which `is_it`.
    #[inline]
    pub(super) fn find(&self, tag: u8, is_it: impl Fn(Entry<'_>) -> bool) -> Option<usize> {
        let index = self.bytes.get(HEAD..HEAD + self.count() * FINGER)?;
        let mut fingers = index.chunks_exact(FINGER).enumerate();
        let found = fingers.find(|(place, finger)| finger[0] == tag && is_it(self.entry(*place)));
        found.map(|(place, _)| place)
    }

    #[inline]
    pub(super) fn entry(&self, place: usize) -> Entry<'_> {
        let entry = &self.bytes[self.range(place)];
        match key_length(entry) {
            Length::Here { length, text } => {
                let (key, value) = entry[text..].split_at(length);
                Entry::Here { key, value }
            }
            Length::Apart(number) => Entry::Apart(number),
        }
    }

    /// The value, to be changed in place; copies the node first if somebody else has it, too.
    pub(super) fn value_mut(&mut self, place: usize) -> &mut [u8] {
        let range = self.value_range(place);
        &mut self.own()[range]
    }

    /// Bytes of it, to be changed; copies the node first if somebody else has it, too.
    pub(super) fn bytes_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        &mut self.own()[range]
    }

    /// Whether there is room in a node for an entry more, or for one to grow by so many bytes.
    pub(super) fn takes(&self, more: usize) -> bool {
        HEAD + self.used() + more <= NODE_BYTES_MAX
    }

    /// How many bytes an entry takes.
    pub(super) const fn needs(key: usize, value: usize) -> usize {
        let length = if key < APART as usize { 1 } else { 5 };
        length + key + value + FINGER
    }

    /// Adds an entry. Where its value is, to be filled.
    pub(super) fn insert(&mut self, tag: u8, key: &[u8], value: usize) -> Range<usize> {
        let start = self.add(tag, Self::needs(key.len(), value) - FINGER);
        let entry = &mut self.own()[start..];
        let text = write_key_length(entry, key.len());
        entry[text..text + key.len()].copy_from_slice(key);
        let start = start + text + key.len();
        start..start + value
    }

    /// Adds an entry that is kept apart.
    pub(super) fn insert_apart(&mut self, tag: u8, number: u32) {
        let start = self.add(tag, APART_BYTES);
        let entry = &mut self.own()[start..start + APART_BYTES];
        entry[0] = APART;
        entry[1..].copy_from_slice(&number.to_le_bytes());
    }

    /// Adds room for an entry behind all others; where it begins.
    fn add(&mut self, tag: u8, length: usize) -> usize {
        let count = self.count();
        let distance = self.distance(count) + length;
        self.reserve(distance, count + 1);
        let bytes = self.own();
        set_number(bytes, 0, count + 1);
        bytes[HEAD + count * FINGER] = tag;
        set_distance(bytes, count, distance);
        bytes.len() - distance
    }

    /// Makes the value longer or shorter: of its bytes those in `range` give way to `with` others, to be filled. Where the value is.
    pub(super) fn splice(
        &mut self,
        place: usize,
        range: Range<usize>,
        with: usize,
    ) -> Range<usize> {
        let before = self.value_range(place);
        let (count, gone) = (self.count(), range.len());
        let (from_end, length) = (self.bytes.len() - before.end, before.len() - gone + with);
        let all = self.distance(count);
        // It moves away from its end.
        let kept = self.bytes.len() - before.start - range.start;
        self.reserve(all - gone + with, count);
        let bytes = self.own();
        let end = bytes.len();
        bytes.copy_within(end - all..end - kept, end - (all - gone + with));
        for later in place..count {
            let distance = distance(bytes, later) - gone + with;
            set_distance(bytes, later, distance);
        }
        if with < gone {
            self.fit();
        }
        let end = self.bytes.len() - from_end;
        end - length..end
    }

    /// Removes an entry; those behind it move up by one place.
    pub(super) fn remove(&mut self, place: usize) {
        let count = self.count();
        if count == 1 {
            self.bytes = Arc::default();
            return;
        }
        let (all, gone) = (self.distance(count), self.range(place));
        let bytes = self.own();
        bytes.copy_within(
            bytes.len() - all..gone.start,
            bytes.len() - all + gone.len(),
        );
        for later in place + 1..count {
            let finger = HEAD + later * FINGER;
            bytes[finger - FINGER] = bytes[finger];
            let distance = distance(bytes, later) - gone.len();
            set_distance(bytes, later - 1, distance);
        }
        set_number(bytes, 0, count - 1);
        self.fit();
    }

    /// How far before the end the entries of so many places begin.
    fn distance(&self, places: usize) -> usize {
        match places.checked_sub(1) {
            Some(last) => distance(&self.bytes, last),
            None => 0,
        }
    }

    #[inline]
    fn range(&self, place: usize) -> Range<usize> {
        let end = self.bytes.len();
        end - self.distance(place + 1)..end - self.distance(place)
    }

    /// Where the value of an entry is that is not kept apart.
    fn value_range(&self, place: usize) -> Range<usize> {
        let entry = self.range(place);
        match key_length(&self.bytes[entry.clone()]) {
            Length::Here { length, text } => entry.start + text + length..entry.end,
            Length::Apart(_) => unreachable!("its value is kept apart"),
        }
    }

    /// Makes room for entries that begin so far before the end, and an index of `count`.
    fn reserve(&mut self, distance: usize, count: usize) {
        let needed = HEAD + count * FINGER + distance;
        assert!(needed <= NODE_BYTES_MAX, "a node of {needed} bytes");
        if needed > self.bytes.len() {
            self.resize(size_class(needed).min(NODE_BYTES_MAX));
        }
    }

    /// Gives room back if there is much.
    fn fit(&mut self) {
        let capacity = size_class(self.used()).min(NODE_BYTES_MAX);
        if capacity * 2 <= self.bytes.len() {
            self.resize(capacity);
        }
    }

    fn resize(&mut self, capacity: usize) {
        let mut other: Arc<[u8]> = std::iter::repeat_n(0, capacity).collect();
        let bytes = Arc::get_mut(&mut other).expect("it is new");
        let count = self.count();
        if count > 0 {
            let (index, all) = (HEAD + count * FINGER, self.distance(count));
            bytes[..index].copy_from_slice(&self.bytes[..index]);
            let from = self.bytes.len() - all;
            bytes[capacity - all..].copy_from_slice(&self.bytes[from..]);
        }
        self.bytes = other;
    }

    fn own(&mut self) -> &mut [u8] {
        Arc::make_mut(&mut self.bytes)
    }
}

/// How far before the end the entry of a place begins.
#[inline]
fn distance(bytes: &[u8], place: usize) -> usize {
    number(bytes, HEAD + place * FINGER + 1)
}

fn set_distance(bytes: &mut [u8], place: usize, distance: usize) {
    set_number(bytes, HEAD + place * FINGER + 1, distance);
}

#[inline]
fn number(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn set_number(bytes: &mut [u8], at: usize, number: usize) {
    let number = u16::try_from(number).expect("a node is that small");
    bytes[at..at + 2].copy_from_slice(&number.to_le_bytes());
}

/// What an entry is.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    Here {
        key: &'a [u8],
        value: &'a [u8],
    },
    /// Where among what is kept apart.
    Apart(u32),
}

/// What stands for the length of a key that is too long for one byte; four bytes with the length follow.
const LONG: u8 = 255;
/// What stands for the length of the key of an entry that is kept apart; four bytes with its number follow.
const APART: u8 = 254;
const APART_BYTES: usize = 5;

enum Length {
    /// Bytes of the key, and bytes that tell it.
    Here {
        length: usize,
        text: usize,
    },
    Apart(u32),
}

#[inline]
fn key_length(entry: &[u8]) -> Length {
    let following = |entry: &[u8]| u32::from_le_bytes([entry[1], entry[2], entry[3], entry[4]]);
    match entry[0] {
        LONG => Length::Here {
            length: following(entry) as usize,
            text: 5,
        },
        APART => Length::Apart(following(entry)),
        length => Length::Here {
            length: usize::from(length),
            text: 1,
        },
    }
}

fn write_key_length(entry: &mut [u8], length: usize) -> usize {
    match u8::try_from(length) {
        Ok(short) if short < APART => {
            entry[0] = short;
            1
        }
        _ => {
            let length = u32::try_from(length).expect("a node is that small");
            entry[0] = LONG;
            entry[1..5].copy_from_slice(&length.to_le_bytes());
            5
        }
    }
}
