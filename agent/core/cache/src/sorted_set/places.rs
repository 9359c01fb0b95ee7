//! In which leaf a member is, without its bytes.

use std::sync::Arc;

use crate::table::linear;

/// A map from hashes of members to the leaves that these are in, by linear hashing. Members that share a hash have a place each.
///
/// Invariants: 1. a place is in the bucket of its hash; 2. `len` is how many there are.
#[derive(Clone, Debug)]
pub(super) struct Places {
    segments: Vec<Arc<Vec<Bucket>>>,
    buckets: usize,
    len: usize,
    /// How many places all buckets have room for.
    capacity: usize,
}

#[derive(Clone, Debug, Default)]
struct Bucket {
    places: Arc<[Place]>,
    len: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    hash: u32,
    leaf: u32,
}

/// So many places are in a bucket, on average.
const BUCKET: usize = 32;
/// Room in a bucket is made for so many.
const STEP: usize = 4;
/// Buckets are shared by so many.
const SEGMENT: usize = 256;

impl Default for Places {
    fn default() -> Self {
        Self {
            segments: vec![Arc::new(vec![Bucket::default()])],
            buckets: 1,
            len: 0,
            capacity: 0,
        }
    }
}

impl Places {
    /// The leaves that a member of this hash may be in.
    #[inline]
    pub(super) fn find(&self, hash: u32) -> impl Iterator<Item = u32> {
        let bucket = self.bucket(linear::bucket_of(self.buckets, u64::from(hash)));
        let those = bucket
            .places()
            .iter()
            .filter(move |place| place.hash == hash);
        those.map(|place| place.leaf)
    }

    /// Adds a place.
    pub(super) fn insert(&mut self, hash: u32, leaf: u32) {
        self.add(Place { hash, leaf });
        self.len += 1;
        while self.len > self.buckets * BUCKET && self.buckets <= u32::MAX as usize {
            self.divide();
        }
    }

    /// Removes a place that is there.
    pub(super) fn remove(&mut self, hash: u32, leaf: u32) {
        let bucket = linear::bucket_of(self.buckets, u64::from(hash));
        self.change(bucket, |bucket| bucket.remove(Place { hash, leaf }));
        self.len -= 1;
        while self.buckets > 1 && self.len * 3 < self.buckets * BUCKET {
            self.join();
        }
    }

    /// What was in one leaf is in another one.
    pub(super) fn set(&mut self, hash: u32, leaf: u32, to: u32) {
        let bucket = linear::bucket_of(self.buckets, u64::from(hash));
        self.change(bucket, |bucket| bucket.set(Place { hash, leaf }, to));
    }

    /// Of a walk's next step: the leaves that members of a bucket are in, each once, and where the walk goes on.
    pub(super) fn walk(&self, cursor: u64) -> (usize, Vec<u32>, u64) {
        let (bucket, next) = linear::walk(self.buckets, cursor);
        let places = self.bucket(bucket).places().iter();
        let mut leaves: Vec<_> = places.map(|place| place.leaf).collect();
        leaves.sort_unstable();
        leaves.dedup();
        (bucket, leaves, next)
    }

    /// Whether what has this hash is in this bucket.
    pub(super) fn is_in(&self, hash: u32, bucket: usize) -> bool {
        linear::bucket_of(self.buckets, u64::from(hash)) == bucket
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        const COUNTS: usize = 16;
        let segments = self.segments.iter().map(|segment| segment.capacity());
        let shared = COUNTS + size_of::<Vec<Bucket>>();
        self.capacity * size_of::<Place>()
            + segments.sum::<usize>() * size_of::<Bucket>()
            + self.buckets * COUNTS
            + self.segments.len() * shared
            + self.segments.capacity() * size_of::<Arc<Vec<Bucket>>>()
    }

    fn bucket(&self, bucket: usize) -> &Bucket {
        &self.segments[bucket / SEGMENT][bucket % SEGMENT]
    }

    /// Changes a bucket and keeps count of what buckets have room for.
    fn change<R>(&mut self, bucket: usize, change: impl FnOnce(&mut Bucket) -> R) -> R {
        let segment = Arc::make_mut(&mut self.segments[bucket / SEGMENT]);
        let bucket = &mut segment[bucket % SEGMENT];
        let before = bucket.places.len();
        let result = change(bucket);
        self.capacity = self.capacity - before + bucket.places.len();
        result
    }

    fn add(&mut self, place: Place) {
        let bucket = linear::bucket_of(self.buckets, u64::from(place.hash));
        self.change(bucket, |bucket| bucket.add(place));
    }

    /// Divides a bucket into itself and a new last one.
    fn divide(&mut self) {
        let divided = self.buckets - (1 << self.buckets.ilog2());
        let places = self.change(divided, std::mem::take);
        if self.buckets.is_multiple_of(SEGMENT) {
            self.segments.push(Arc::default());
        }
        let last = self.segments.last_mut().expect("there is one");
        Arc::make_mut(last).push(Bucket::default());
        self.buckets += 1;
        places.places().iter().for_each(|place| self.add(*place));
    }

    /// Joins the last bucket to the one that it was divided from.
    fn join(&mut self) {
        let joined = self.change(self.buckets - 1, std::mem::take);
        let last = self.segments.last_mut().expect("there is one");
        Arc::make_mut(last).pop();
        if last.is_empty() {
            self.segments.pop();
        }
        self.buckets -= 1;
        joined.places().iter().for_each(|place| self.add(*place));
    }

    #[cfg(test)]
    pub(super) fn check(&self) -> Vec<(u32, u32)> {
        let mut all = Vec::new();
        for bucket in 0..self.buckets {
            for place in self.bucket(bucket).places() {
                assert!(self.is_in(place.hash, bucket), "a place is in its bucket");
                all.push((place.hash, place.leaf));
            }
        }
        assert_eq!(all.len(), self.len, "how many places there are");
        all.sort_unstable();
        all
    }
}

impl Bucket {
    #[inline]
    fn places(&self) -> &[Place] {
        &self.places[..self.len as usize]
    }

    fn add(&mut self, place: Place) {
        let len = self.len as usize;
        if len == self.places.len() {
            self.resize(len + STEP);
        }
        Arc::make_mut(&mut self.places)[len] = place;
        self.len += 1;
    }

    fn remove(&mut self, place: Place) {
        let index = self.position(place);
        self.len -= 1;
        let last = self.len as usize;
        let places = Arc::make_mut(&mut self.places);
        places[index] = places[last];
        if last + 2 * STEP <= self.places.len() {
            self.resize(last.next_multiple_of(STEP));
        }
    }

    fn set(&mut self, place: Place, leaf: u32) {
        let index = self.position(place);
        Arc::make_mut(&mut self.places)[index].leaf = leaf;
    }

    fn position(&self, place: Place) -> usize {
        let found = self.places().iter().position(|own| *own == place);
        found.expect("a member has its place")
    }

    fn resize(&mut self, capacity: usize) {
        let room = capacity - self.len as usize;
        let places = self.places().iter().copied();
        self.places = places
            .chain(std::iter::repeat_n(Place::default(), room))
            .collect();
    }
}
