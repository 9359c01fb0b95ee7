//! The leaves of the tree.

use xxhash_rust::xxh3::xxh3_64;

use super::{Edit, Entry};

/// Entries in order. The hashes of their keys, side by side, spare a look at every key on the way to one that is there:
/// keys lie far from the leaf in memory.
///
/// Invariant: `hashes[i]` is the hash of `entries[i]`'s key.
#[derive(Clone)]
pub(super) struct Leaf<E> {
    hashes: Vec<u32>,
    entries: Vec<E>,
}

/// The hash by which leaves find keys.
pub(super) fn hash(key: &[u8]) -> u32 {
    xxh3_64(key) as u32
}

/// What an edit did.
pub(super) struct Edited<R> {
    pub(super) result: R,
    pub(super) len: isize,
    pub(super) weight: i64,
    /// It went to the end of the leaf.
    pub(super) appended: bool,
}

impl<E> Leaf<E> {
    /// Bytes that its buffers ask of the allocator.
    pub(super) const fn allocated(&self) -> usize {
        self.hashes.capacity() * size_of::<u32>() + self.entries.capacity() * size_of::<E>()
    }
}

impl<E: Entry> Leaf<E> {
    pub(super) const fn new() -> Self {
        Self {
            hashes: Vec::new(),
            entries: Vec::new(),
        }
    }

    pub(super) fn entries(&self) -> &[E] {
        &self.entries
    }

    /// The entries from `start` on.
    pub(super) fn since(&self, start: &[u8]) -> &[E] {
        &self.entries[self.place(start)..]
    }

    /// How many keys are before `key`.
    pub(super) fn place(&self, key: &[u8]) -> usize {
        self.entries.partition_point(|entry| entry.key() < key)
    }

    fn position(&self, key: &[u8], hash: u32) -> Option<usize> {
        let mut candidates = self
            .hashes
            .iter()
            .enumerate()
            .filter(|(_, candidate)| **candidate == hash);
        candidates.find_map(|(index, _)| (self.entries[index].key() == key).then_some(index))
    }

    pub(super) fn get(&self, key: &[u8], hash: u32) -> Option<&E> {
        self.position(key, hash).map(|index| &self.entries[index])
    }

    pub(super) fn edit<R>(
        &mut self,
        key: &[u8],
        hash: u32,
        change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
    ) -> Edited<R> {
        match self.position(key, hash) {
            Some(index) => self.edit_found(index, change),
            None => self.edit_absent(key, hash, change),
        }
    }

    fn edit_found<R>(
        &mut self,
        index: usize,
        change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
    ) -> Edited<R> {
        let entry = &mut self.entries[index];
        let before = entry.weight();
        let (edit, result) = change(Some(entry));
        let (len, after) = match edit {
            Edit::Keep => (0, entry.weight()),
            Edit::Insert(new) => {
                *entry = new;
                (0, entry.weight())
            }
            Edit::Remove => {
                self.hashes.remove(index);
                self.entries.remove(index);
                (-1, 0)
            }
        };
        Edited {
            result,
            len,
            weight: after as i64 - before as i64,
            appended: false,
        }
    }

    fn edit_absent<R>(
        &mut self,
        key: &[u8],
        hash: u32,
        change: impl FnOnce(Option<&mut E>) -> (Edit<E>, R),
    ) -> Edited<R> {
        let (edit, result) = change(None);
        let Edit::Insert(entry) = edit else {
            return Edited {
                result,
                len: 0,
                weight: 0,
                appended: false,
            };
        };
        debug_assert_eq!(entry.key(), key);
        let index = self.place(key);
        let weight = entry.weight() as i64;
        self.hashes.insert(index, hash);
        self.entries.insert(index, entry);
        Edited {
            result,
            len: 1,
            weight,
            appended: index + 1 == self.entries.len(),
        }
    }

    pub(super) fn split_off(&mut self, at: usize) -> Self {
        Self {
            hashes: self.hashes.split_off(at),
            entries: self.entries.split_off(at),
        }
    }

    pub(super) fn shrink(&mut self) {
        self.hashes.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    pub(super) fn append(&mut self, mut right: Self) {
        self.hashes.append(&mut right.hashes);
        self.entries.append(&mut right.entries);
    }

    pub(super) fn check(&self) {
        let hashes = self.entries.iter().map(|entry| hash(entry.key()));
        assert!(
            hashes.eq(self.hashes.iter().copied()),
            "hashes of the keys of a leaf"
        );
    }
}
