//! A node of a table: some entries, packed into one allocation.

use std::ops::Range;
use std::sync::Arc;

/// Entries of one bucket, in one shared allocation: `count`, `used`, then the entries one after another, then room, then what
/// finds them, growing down from the end: for each entry the tag of its hash and where it begins.
///
/// An entry is the length of its key, the key, and the value; it ends where the next one begins. What is too large for a node is
/// kept apart, and its entry is but its number there.
///
/// Invariants: 1. entries lie in the order of their places in the index, without gaps; 2. `used` is where the last one ends;
/// 3. the index begins at or after `used`.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    bytes: Arc<[u8]>,
}

/// `count` and `used`.
const HEAD: usize = 4;
/// The tag of an entry, and where it begins.
const FINGER: usize = 3;
/// The most that is in a node, with its head and its index.
pub(super) const NODE_BYTES_MAX: usize = u16::MAX as usize;

impl Node {
    pub(super) fn count(&self) -> usize {
        self.number(0)
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
            count => self.number(2) + count * FINGER,
        }
    }

    /// The place of the first entry with this tag of which `is_it`.
    #[inline]
    pub(super) fn find(&self, tag: u8, is_it: impl Fn(Entry<'_>) -> bool) -> Option<usize> {
        if self.bytes.is_empty() {
            return None;
        }
        let index = &self.bytes[self.bytes.len() - self.count() * FINGER..];
        let mut fingers = index.rchunks_exact(FINGER).enumerate();
        let found = fingers.find(|(place, finger)| finger[0] == tag && is_it(self.entry(*place)));
        found.map(|(place, _)| place)
    }

    #[inline]
    pub(super) fn entry(&self, place: usize) -> Entry<'_> {
        let start = self.start(place);
        let entry = &self.bytes[start..self.end(place)];
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

    /// Adds room for an entry at the end; where it begins.
    fn add(&mut self, tag: u8, length: usize) -> usize {
        let count = self.count();
        let start = if count == 0 { HEAD } else { self.number(2) };
        let end = start + length;
        self.reserve(end, count + 1);
        let bytes = self.own();
        set_number(bytes, 0, count + 1);
        set_number(bytes, 2, end);
        let finger = bytes.len() - (count + 1) * FINGER;
        bytes[finger] = tag;
        set_number(bytes, finger + 1, start);
        start
    }

    /// Makes the value longer or shorter: of its bytes those in `range` give way to `with` others, to be filled. Where the value is.
    pub(super) fn splice(
        &mut self,
        place: usize,
        range: Range<usize>,
        with: usize,
    ) -> Range<usize> {
        let value = self.value_range(place);
        let (count, used) = (self.count(), self.number(2));
        let gone = range.len();
        let (from, to) = (value.start + range.end, value.start + range.start + with);
        self.reserve(used - gone + with, count);
        let bytes = self.own();
        bytes.copy_within(from..used, to);
        set_number(bytes, 2, used - gone + with);
        for later in place + 1..count {
            let at = bytes.len() - (later + 1) * FINGER + 1;
            let start = number(bytes, at) - gone + with;
            set_number(bytes, at, start);
        }
        let length = bytes.len();
        let needed = used - gone + with + count * FINGER;
        if with < gone && size_class(needed) * 2 <= length {
            self.resize(size_class(needed));
        }
        value.start..value.end - gone + with
    }

    /// Removes an entry; those behind it move up by one place.
    pub(super) fn remove(&mut self, place: usize) {
        let (start, end) = (self.start(place), self.end(place));
        let (count, used) = (self.count(), self.number(2));
        if count == 1 {
            self.bytes = Arc::default();
            return;
        }
        let bytes = self.own();
        bytes.copy_within(end..used, start);
        let length = bytes.len();
        for later in place + 1..count {
            let at = length - (later + 1) * FINGER;
            bytes.copy_within(at..at + FINGER, at + FINGER);
            let moved = number(bytes, at + FINGER + 1) - (end - start);
            set_number(bytes, at + FINGER + 1, moved);
        }
        set_number(bytes, 0, count - 1);
        set_number(bytes, 2, used - (end - start));
        let needed = used - (end - start) + (count - 1) * FINGER;
        if size_class(needed) * 2 <= length {
            self.resize(size_class(needed));
        }
    }

    fn start(&self, place: usize) -> usize {
        self.number(self.bytes.len() - (place + 1) * FINGER + 1)
    }

    fn end(&self, place: usize) -> usize {
        if place + 1 == self.count() {
            self.number(2)
        } else {
            self.start(place + 1)
        }
    }

    /// Where the value of an entry is that is not kept apart.
    fn value_range(&self, place: usize) -> Range<usize> {
        let (start, end) = (self.start(place), self.end(place));
        match key_length(&self.bytes[start..end]) {
            Length::Here { length, text } => start + text + length..end,
            Length::Apart(_) => unreachable!("its value is kept apart"),
        }
    }

    /// Makes room for entries up to `end` and an index of `count`.
    fn reserve(&mut self, end: usize, count: usize) {
        let needed = end + count * FINGER;
        assert!(needed <= NODE_BYTES_MAX, "a node of {needed} bytes");
        if needed > self.bytes.len() {
            self.resize(size_class(needed));
        }
    }

    fn resize(&mut self, capacity: usize) {
        let mut grown: Arc<[u8]> = std::iter::repeat_n(0, capacity).collect();
        let bytes = Arc::get_mut(&mut grown).expect("it is new");
        let count = self.count();
        if count > 0 {
            let (used, index) = (self.number(2), count * FINGER);
            bytes[..used].copy_from_slice(&self.bytes[..used]);
            let from = self.bytes.len() - index;
            bytes[capacity - index..].copy_from_slice(&self.bytes[from..]);
        }
        self.bytes = grown;
    }

    fn own(&mut self) -> &mut [u8] {
        Arc::make_mut(&mut self.bytes)
    }

    fn number(&self, at: usize) -> usize {
        if self.bytes.is_empty() {
            0
        } else {
            number(&self.bytes, at)
        }
    }
}

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

/// What is asked of the allocator for so many bytes: with the counts of an `Arc` it is one of the sizes that allocators have,
/// eight to a doubling.
fn size_class(needed: usize) -> usize {
    const COUNTS: usize = 16;
    let whole = needed + COUNTS;
    let step = (whole.next_power_of_two() / 16).max(16);
    (whole.div_ceil(step) * step - COUNTS).min(NODE_BYTES_MAX)
}
