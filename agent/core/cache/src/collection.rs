//! What all values have in common that are made of elements.

use crate::keyspace::Kind;
use crate::wire::{Corrupt, Reader, Writer};

/// Limits up to which Redis shows a collection in one of its small encodings. What is shown has nothing to do with how it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `hash-max-listpack-entries`
    pub hash_entries: usize,
    /// `hash-max-listpack-value`, in bytes
    pub hash_value: usize,
    /// `set-max-intset-entries`
    pub set_integers: usize,
    /// `set-max-listpack-entries`
    pub set_entries: usize,
    /// `set-max-listpack-value`, in bytes
    pub set_value: usize,
    /// `zset-max-listpack-entries`
    pub sorted_set_entries: usize,
    /// `zset-max-listpack-value`, in bytes
    pub sorted_set_value: usize,
    /// `list-max-listpack-size`: elements, or one of -1 to -5 for 4 to 64 KiB
    pub list_size: i64,
    /// `stream-node-max-entries`
    pub stream_node_entries: usize,
    /// `stream-node-max-bytes`
    pub stream_node_bytes: usize,
    /// `hll-sparse-max-bytes`
    pub hyperloglog_sparse_bytes: usize,
    /// By what the elements of large collections are hashed; nobody who chooses elements may know it.
    pub seed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hash_entries: 512,
            hash_value: 64,
            set_integers: 512,
            set_entries: 128,
            set_value: 64,
            sorted_set_entries: 128,
            sorted_set_value: 64,
            list_size: -2,
            stream_node_entries: 100,
            stream_node_bytes: 4096,
            hyperloglog_sparse_bytes: 3000,
            seed: 0,
        }
    }
}

/// A value made of elements: opened, changed, and closed again.
///
/// All that changes it is a [`Collection::Change`], on the primary as on who applies the log, so both do the same.
pub(crate) trait Collection: Default {
    /// What it is.
    const KIND: Kind;
    /// How it is read where it is kept.
    type View<'a>;
    /// What can be done to it.
    type Change<'a>;
    /// What was found when a change was made.
    type Outcome;

    /// As it is kept in the table. `shown` is what [`Closed::shown`] was.
    fn open_packed(bytes: Vec<u8>, shown: u8) -> Self;
    /// As it is kept among the objects.
    fn open_object(object: Object, shown: u8) -> Self;
    /// To be kept.
    fn close(self) -> Closed;
    fn is_empty(&self) -> bool;

    fn view_packed(bytes: &[u8]) -> Self::View<'_>;
    fn view_object(object: &Object) -> Self::View<'_>;
    /// The view of what has not expired by then, of what expires in parts.
    fn at(view: Self::View<'_>, _now: i64) -> Self::View<'_> {
        view
    }

    fn apply(&mut self, change: &Self::Change<'_>, limits: &Limits) -> Self::Outcome;
    fn write(change: &Self::Change<'_>, out: &mut Writer<'_>);
    fn read<'a>(from: &mut Reader<'a>) -> Result<Self::Change<'a>, Corrupt>;
}

/// A collection as it is kept.
pub(crate) struct Closed {
    pub(crate) kept: Kept,
    /// As which of the encodings that Redis goes through for its kind it is shown.
    pub(crate) shown: u8,
}

/// Where a collection is kept.
pub(crate) enum Kept {
    /// In the table, since it is small.
    Packed(Vec<u8>),
    /// Among the objects.
    Object(Object),
}

/// A collection that is packed takes at most so many bytes; a larger one is an object.
pub(crate) const PACKED_BYTES_MAX: usize = 512;

/// A large value.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    /// See [`crate::list`].
    List(Box<crate::list::LargeList>),
    /// See [`crate::hash`].
    Hash(Box<crate::hash::LargeHash>),
    /// See [`crate::set`].
    Set(Box<crate::set::LargeSet>),
    /// See [`crate::stream`].
    Stream(Box<crate::stream::Contents>),
    /// See [`crate::sorted_set`].
    SortedSet(crate::sorted_set::LargeSortedSet),
}

impl Object {
    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        match self {
            Self::List(list) => list.allocated(),
            Self::Hash(hash) => hash.allocated(),
            Self::Set(set) => set.allocated(),
            Self::SortedSet(set) => set.allocated(),
            Self::Stream(stream) => stream.allocated(),
        }
    }

    /// If it takes the longer to weigh it the larger it is: bytes that most of it asks of the allocator, and how many pieces the
    /// rest is for.
    pub(crate) fn bulk(&self) -> Option<(usize, usize)> {
        match self {
            Self::List(_) | Self::Hash(_) | Self::Set(_) => None,
            Self::SortedSet(set) => set.bulk(),
            Self::Stream(stream) => Some(stream.bulk()),
        }
    }

    /// Whether a copy costs much, unless [`Self::share`] was called before.
    pub(crate) fn is_huge(&self) -> bool {
        match self {
            Self::Hash(hash) => hash.is_huge(),
            Self::Set(set) => set.is_huge(),
            Self::List(_) | Self::SortedSet(_) | Self::Stream(_) => false,
        }
    }

    /// Prepares it to be copied for little.
    pub(crate) fn share(&mut self) {
        match self {
            Self::Hash(hash) => hash.share(),
            Self::Set(set) => set.share(),
            Self::List(_) | Self::SortedSet(_) | Self::Stream(_) => {}
        }
    }

    /// Before then no part of it expires.
    pub(crate) fn soonest(&self) -> Option<i64> {
        match self {
            Self::Hash(hash) => hash.soonest(),
            Self::List(_) | Self::Set(_) | Self::SortedSet(_) | Self::Stream(_) => None,
        }
    }
}
