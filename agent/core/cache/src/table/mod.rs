//! A map from bytes to bytes, by linear hashing (Litwin 1980) over packed nodes.
//!
//! There are as many buckets as the data needs, and there is one more, or one less, whenever the data asks for it: no step ever
//! moves more than one bucket's entries. A bucket is a node (`node.rs`): its entries lie side by side in one allocation, so an
//! entry costs a handful of bytes beyond its own. Nodes are shared when a table is cloned, and copied one by one as either is changed.

mod apart;
pub(crate) mod linear;
mod node;
mod prefetch;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use apart::Apart;
use node::{Entry, Node};

use crate::shelves::Shelves;

/// What a table takes on average in a bucket: nodes are small enough to be changed in place and large enough to cost little.
const BUCKET_BYTES: usize = 768;
/// A larger entry is kept apart.
const ENTRY_BYTES_MAX: usize = 1024;
/// Few buckets have more entries.
const PROBABLE: usize = 32;
/// With more buckets to share each of their nodes costs more than it may.
const HUGE_BUCKETS: usize = if cfg!(test) { 4 } else { 1024 };
/// Buckets are allocated by so many.
const SEGMENT: usize = 256;

/// Where an entry is, until the table is changed by anything but its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    bucket: usize,
    place: usize,
}

impl Place {
    /// The bucket that the entry is in.
    #[must_use]
    pub const fn bucket(self) -> usize {
        self.bucket
    }
}

/// The map. Who asks brings the hash of the key, the same for the same key always.
///
/// Invariants: 1. an entry is in the bucket that [`Table::bucket_of`] its hash; 2. no key is there twice; 3. `used` is the sum of
/// what the nodes use.
#[derive(Clone, Debug)]
pub struct Table {
    nodes: Shelves<Node, SEGMENT>,
    buckets: usize,
    apart: Apart,
    len: usize,
    used: usize,
    capacity: usize,
}

impl Default for Table {
    fn default() -> Self {
        let mut nodes = Shelves::default();
        nodes.push(Node::default());
        Self {
            nodes,
            buckets: 1,
            apart: Apart::default(),
            len: 0,
            used: 0,
            capacity: 0,
        }
    }
}

impl Table {
    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many buckets there are.
    #[must_use]
    pub const fn buckets(&self) -> usize {
        self.buckets
    }

    /// Bytes that are asked of the allocator.
    #[must_use]
    pub fn allocated(&self) -> usize {
        self.capacity + self.nodes.allocated() + self.apart.allocated()
    }

    /// Whether to clone it costs much, unless [`Self::share`] was called before.
    pub(crate) const fn is_huge(&self) -> bool {
        self.buckets > HUGE_BUCKETS
    }

    /// Prepares it to be cloned for as little as [`Self::pin`] costs.
    pub(crate) fn share(&mut self) {
        drop(self.pin());
    }

    /// A copy. It costs as little as there are hundreds of buckets, and from now on both share all of their nodes, which are copied
    /// one by one as either is changed.
    pub(crate) fn pin(&mut self) -> Self {
        Self {
            nodes: self.nodes.pin(),
            apart: self.apart.pin(),
            ..*self
        }
    }

    /// The bucket for a hash.
    #[inline]
    #[must_use]
    pub const fn bucket_of(&self, hash: u64) -> usize {
        linear::bucket_of(self.buckets, hash)
    }

    /// Where the entry of a key is.
    #[inline]
    #[must_use]
    pub fn find(&self, hash: u64, key: &[u8]) -> Option<Place> {
        let bucket = self.bucket_of(hash);
        let is_it = |entry: Entry<'_>| match entry {
            Entry::Here { key: own, .. } => own == key,
            Entry::Apart(number) => self.apart.key(number) == key,
        };
        let place = self.node(bucket).find(tag(hash), is_it)?;
        Some(Place { bucket, place })
    }

    /// The entry of this hash is looked for soon: has the processor fetch where [`Table::find`] begins.
    #[inline]
    pub fn announce(&self, hash: u64) {
        if let Some(first) = self.node(self.bucket_of(hash)).first() {
            prefetch::prefetch(first);
        }
    }

    /// Key and value of an entry.
    #[inline]
    #[must_use]
    pub fn entry(&self, at: Place) -> (&[u8], &[u8]) {
        match self.node(at.bucket).entry(at.place) {
            Entry::Here { key, value } => (key, value),
            Entry::Apart(number) => self.apart.entry(number),
        }
    }

    /// The value of an entry.
    #[inline]
    #[must_use]
    pub fn value(&self, at: Place) -> &[u8] {
        self.entry(at).1
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, hash: u64, key: &[u8]) -> Option<&[u8]> {
        self.find(hash, key).map(|at| self.value(at))
    }

    /// The value of an entry that is large, to be shared: the bytes that it is part of, and where it begins in them.
    #[must_use]
    pub fn shared(&self, at: Place) -> Option<(&Arc<Vec<u8>>, usize)> {
        match self.node(at.bucket).entry(at.place) {
            Entry::Here { .. } => None,
            Entry::Apart(number) => Some(self.apart.shared(number)),
        }
    }

    /// The value of an entry, to be changed in place.
    pub fn value_mut(&mut self, at: Place) -> &mut [u8] {
        match self.node(at.bucket).entry(at.place) {
            Entry::Here { .. } => self.node_mut(at.bucket).value_mut(at.place),
            Entry::Apart(number) => self.apart.value_mut(number),
        }
    }

    /// Adds an entry for a key that is not there. Its value has so many bytes, of whatever content, to be filled.
    ///
    /// It may leave the table in need of [`Table::grow`].
    pub fn insert(&mut self, hash: u64, key: &[u8], value: usize) -> &mut [u8] {
        debug_assert!(self.find(hash, key).is_none(), "a key is there once");
        self.len += 1;
        let bucket = self.bucket_of(hash);
        let needs = Node::needs(key.len(), value);
        if needs <= ENTRY_BYTES_MAX && self.node(bucket).takes(needs) {
            let value = self.change(bucket, |node| node.insert(tag(hash), key, value));
            return self.node_mut(bucket).bytes_mut(value);
        }
        let number = self.apart.insert(key, value);
        self.change(bucket, |node| node.insert_apart(tag(hash), number));
        self.apart.value_mut(number)
    }

    /// Makes a value longer or shorter: of its bytes those in `range` give way to so many others, of whatever content. The value,
    /// with those to be filled.
    ///
    /// It may leave the table in need of [`Table::grow`].
    pub fn splice(&mut self, at: Place, hash: u64, range: Range<usize>, with: usize) -> &mut [u8] {
        let (key, value) = match self.node(at.bucket).entry(at.place) {
            Entry::Apart(number) => return self.apart.splice(number, range, with),
            Entry::Here { key, value } => (key, value),
        };
        let needs = Node::needs(key.len(), value.len() - range.len() + with);
        let more = with.saturating_sub(range.len());
        if needs <= ENTRY_BYTES_MAX && self.node(at.bucket).takes(more) {
            let value = self.change(at.bucket, |node| node.splice(at.place, range, with));
            return self.node_mut(at.bucket).bytes_mut(value);
        }
        let (length, bytes) = (key.len(), [key, value].concat());
        let number = self.apart.add(length, bytes);
        self.change(at.bucket, |node| {
            node.remove(at.place);
            node.insert_apart(tag(hash), number);
        });
        self.apart.splice(number, range, with)
    }

    /// Removes an entry. It may leave the table in need of [`Table::shrink`].
    pub fn remove(&mut self, at: Place) {
        if let Entry::Apart(number) = self.node(at.bucket).entry(at.place) {
            self.apart.remove(number);
        }
        self.len -= 1;
        self.change(at.bucket, |node| node.remove(at.place));
    }

    /// The entries of a bucket.
    pub fn bucket(&self, bucket: usize) -> impl Iterator<Item = (Place, &[u8], &[u8])> {
        (0..self.node(bucket).count()).map(move |place| {
            let at = Place { bucket, place };
            let (key, value) = self.entry(at);
            (at, key, value)
        })
    }

    /// All entries, in no order that means anything.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &[u8], &[u8])> {
        (0..self.buckets).flat_map(|bucket| self.bucket(bucket))
    }

    /// The bucket that a walk over all entries looks at next, and where it goes on; 0 begins it, and ends it.
    ///
    /// A walk meets each entry at least once that is there all the time, however much the table grows and shrinks meanwhile.
    #[must_use]
    pub const fn walk(&self, cursor: u64) -> (usize, u64) {
        linear::walk(self.buckets, cursor)
    }

    /// A random entry, of so many random bits. All are about as probable.
    #[must_use]
    pub fn random(&self, mut random: impl FnMut() -> u64) -> Option<Place> {
        if self.is_empty() {
            return None;
        }
        // Small entries are more to a bucket.
        let probable = PROBABLE.max(3 * self.len / self.buckets);
        loop {
            let bucket = random() as usize % self.buckets;
            let count = self.node(bucket).count();
            // A bucket with few entries is gone by more often, so that its entries are not met too often.
            let place = random() as usize % probable.max(count);
            if place < count {
                return Some(Place { bucket, place });
            }
        }
    }

    /// Which bucket is to be divided next, if the table is to grow.
    #[must_use]
    pub const fn to_divide(&self) -> Option<usize> {
        if self.used > self.buckets * BUCKET_BYTES {
            Some(self.buckets - (1 << self.buckets.ilog2()))
        } else {
            None
        }
    }

    /// Divides a bucket if the data asks for it: what is [`Table::to_divide`], into itself and a new last one.
    pub fn grow(&mut self, hash: impl Fn(&[u8]) -> u64) -> bool {
        let Some(bucket) = self.to_divide() else {
            return false;
        };
        let divided = std::mem::take(self.node_mut(bucket));
        self.add_bucket();
        self.used -= divided.used();
        self.capacity -= divided.capacity();
        self.spread(&divided, hash);
        true
    }

    /// Which bucket the last one is to be joined to, if the table is to shrink.
    #[must_use]
    pub const fn to_join(&self) -> Option<usize> {
        if self.buckets > 1 && self.used * 3 < self.buckets * BUCKET_BYTES {
            let last = self.buckets - 1;
            Some(last - (1 << last.ilog2()))
        } else {
            None
        }
    }

    /// Joins the last bucket to what is [`Table::to_join`], if the data asks for it.
    pub fn shrink(&mut self, hash: impl Fn(&[u8]) -> u64) -> bool {
        if self.to_join().is_none() {
            return false;
        }
        let joined = self.remove_bucket();
        self.used -= joined.used();
        self.capacity -= joined.capacity();
        self.spread(&joined, hash);
        true
    }

    /// Puts what a node held where it belongs now.
    fn spread(&mut self, node: &Node, hash: impl Fn(&[u8]) -> u64) {
        for place in 0..node.count() {
            match node.entry(place) {
                Entry::Here { key, value } => {
                    let hash = hash(key);
                    let bucket = self.bucket_of(hash);
                    self.change(bucket, |node| {
                        let room = node.insert(tag(hash), key, value.len());
                        node.bytes_mut(room).copy_from_slice(value);
                    });
                }
                Entry::Apart(number) => {
                    let hash = hash(self.apart.key(number));
                    let bucket = self.bucket_of(hash);
                    self.change(bucket, |node| node.insert_apart(tag(hash), number));
                }
            }
        }
    }

    fn add_bucket(&mut self) {
        self.nodes.push(Node::default());
        self.buckets += 1;
    }

    fn remove_bucket(&mut self) -> Node {
        self.buckets -= 1;
        self.nodes.pop().expect("it is there")
    }

    fn node(&self, bucket: usize) -> &Node {
        self.nodes.get(bucket)
    }

    fn node_mut(&mut self, bucket: usize) -> &mut Node {
        self.nodes.get_mut(bucket)
    }

    /// Changes a node and keeps count of what nodes use.
    fn change<R>(&mut self, bucket: usize, change: impl FnOnce(&mut Node) -> R) -> R {
        let node = self.nodes.get_mut(bucket);
        let (used, capacity) = (node.used(), node.capacity());
        let result = change(node);
        self.used = self.used - used + node.used();
        self.capacity = self.capacity - capacity + node.capacity();
        result
    }
}

/// What finds an entry in its node: of the hash, bits by which no bucket is chosen.
const fn tag(hash: u64) -> u8 {
    (hash >> 56) as u8
}
