//! Entries that are too large for a node.

use std::ops::Range;
use std::sync::Arc;

use crate::shelves::Shelves;

/// So many are copied from one list to another when one is changed of a list that was pinned.
const SHELF: usize = 64;

/// Key and value, one after the other. Shared, so that a reply can show the value without a copy.
#[derive(Clone, Debug)]
struct Large {
    key: usize,
    bytes: Arc<Vec<u8>>,
}

/// Large entries by number. Numbers of those that were removed are given again.
#[derive(Clone, Debug, Default)]
pub(super) struct Apart {
    entries: Shelves<Option<Large>, SHELF>,
    free: Vec<u32>,
    capacity: usize,
}

impl Apart {
    pub(super) fn allocated(&self) -> usize {
        self.capacity
            + self.entries.capacity() * size_of::<Option<Large>>()
            + self.free.capacity() * size_of::<u32>()
    }

    pub(super) fn pin(&mut self) -> Self {
        Self {
            entries: self.entries.pin(),
            free: self.free.clone(),
            capacity: self.capacity,
        }
    }

    pub(super) fn key(&self, number: u32) -> &[u8] {
        self.entry(number).0
    }

    pub(super) fn entry(&self, number: u32) -> (&[u8], &[u8]) {
        let large = self.large(number);
        large.bytes.split_at(large.key)
    }

    /// The bytes of an entry, and where in them the value begins.
    pub(super) fn shared(&self, number: u32) -> (&Arc<Vec<u8>>, usize) {
        let large = self.large(number);
        (&large.bytes, large.key)
    }

    pub(super) fn value_mut(&mut self, number: u32) -> &mut [u8] {
        let (key, bytes) = self.large_mut(number);
        &mut bytes[key..]
    }

    /// Adds an entry; its value is to be filled.
    pub(super) fn insert(&mut self, key: &[u8], value: usize) -> u32 {
        let mut bytes = Vec::with_capacity(key.len() + value);
        bytes.extend_from_slice(key);
        bytes.resize(key.len() + value, 0);
        self.add(key.len(), bytes)
    }

    /// Of the value's bytes those in `range` give way to `with` others, to be filled. The value.
    pub(super) fn splice(&mut self, number: u32, range: Range<usize>, with: usize) -> &mut [u8] {
        let large = self
            .entries
            .get_mut(number as usize)
            .as_mut()
            .expect("it is there");
        let before = weight(&large.bytes);
        let range = large.key + range.start..large.key + range.end;
        if let Some(bytes) = Arc::get_mut(&mut large.bytes) {
            splice(bytes, range, with);
        } else {
            large.bytes = Arc::new(spliced(&large.bytes, range, with));
        }
        self.capacity = self.capacity - before + weight(&large.bytes);
        self.value_mut(number)
    }

    pub(super) fn remove(&mut self, number: u32) {
        let large = self
            .entries
            .get_mut(number as usize)
            .take()
            .expect("it is there");
        self.capacity -= weight(&large.bytes);
        self.free.push(number);
        if self.free.len() == self.entries.len() {
            *self = Self::default();
        }
    }

    /// Adds an entry: its bytes, and how many of them are the key.
    pub(super) fn add(&mut self, key: usize, bytes: Vec<u8>) -> u32 {
        self.capacity += weight(&bytes);
        let large = Some(Large {
            key,
            bytes: Arc::new(bytes),
        });
        if let Some(number) = self.free.pop() {
            *self.entries.get_mut(number as usize) = large;
            return number;
        }
        self.entries.push(large);
        u32::try_from(self.entries.len() - 1).expect("they need more memory than there is")
    }

    /// Key and value, to be changed; copies them first if somebody else has them, too.
    fn large_mut(&mut self, number: u32) -> (usize, &mut Vec<u8>) {
        let large = self
            .entries
            .get_mut(number as usize)
            .as_mut()
            .expect("it is there");
        (large.key, Arc::make_mut(&mut large.bytes))
    }

    fn large(&self, number: u32) -> &Large {
        self.entries
            .get(number as usize)
            .as_ref()
            .expect("it is there")
    }
}

/// Bytes in `range` give way to `with` others, to be filled.
fn splice(bytes: &mut Vec<u8>, range: Range<usize>, with: usize) {
    const RESERVE_BYTES_MAX: usize = 1 << 20;
    let length = bytes.len();
    if range.len() < with {
        let more = with - range.len();
        if bytes.capacity() - length < more {
            bytes.reserve_exact(more + (length / 2).min(RESERVE_BYTES_MAX));
        }
        bytes.resize(length + more, 0);
    }
    bytes.copy_within(range.end..length, range.start + with);
    bytes.truncate(length + with - range.len());
    if bytes.capacity() / 2 > bytes.len() {
        bytes.shrink_to_fit();
    }
}

/// As [`splice`], of bytes that somebody else has, too: what gives way is not copied.
fn spliced(bytes: &[u8], range: Range<usize>, with: usize) -> Vec<u8> {
    let mut fresh = Vec::with_capacity(bytes.len() - range.len() + with);
    fresh.extend_from_slice(&bytes[..range.start]);
    fresh.resize(range.start + with, 0);
    fresh.extend_from_slice(&bytes[range.end..]);
    fresh
}

/// What an entry takes beyond its place in the list: the bytes, and the counts and the vector they are shared with.
fn weight(bytes: &Vec<u8>) -> usize {
    const COUNTS: usize = 16;
    bytes.capacity() + size_of::<Vec<u8>>() + COUNTS
}
