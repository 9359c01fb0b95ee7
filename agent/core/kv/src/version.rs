//! One version of one key, and how it is shown to readers.

use std::sync::Arc;

use bytes::Bytes;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The position of one change: the revision of the transaction that made it, and the change's number within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision {
    /// What clients call the revision.
    pub main: i64,
    /// Counts the changes of one transaction from 0.
    pub sub: u32,
}

impl Revision {
    /// The first position of revision `main`.
    #[must_use]
    pub const fn first(main: i64) -> Self {
        Self { main, sub: 0 }
    }

    /// The position after this one within the same transaction.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            main: self.main,
            sub: self.sub + 1,
        }
    }
}

/// Bytes that a version counts for besides its key and value: about what its record, its place in the tree and its
/// place in the revision index take.
pub(crate) const VERSION_OVERHEAD_BYTES: u64 = 160;

/// One version of a key, or the tombstone that ends its life.
///
/// Key and value are copied once into a buffer of their own, so that a version never keeps the message or the log
/// record alive that it came in.
///
/// Invariants: 1. a tombstone has `version == 0`, `create == 0`, `lease == 0` and no value; 2. any other version has
/// `version >= 1` and `create <= at.main`.
#[derive(Debug)]
pub(crate) struct Version {
    /// The key, then the value.
    data: Bytes,
    key_len: u32,
    pub(crate) at: Revision,
    pub(crate) create: i64,
    pub(crate) version: i64,
    pub(crate) lease: i64,
}

impl Version {
    pub(crate) fn new(
        key: &[u8],
        value: &[u8],
        at: Revision,
        create: i64,
        version: i64,
        lease: i64,
    ) -> Self {
        let mut data = Vec::with_capacity(key.len() + value.len());
        data.extend_from_slice(key);
        data.extend_from_slice(value);
        let key_len = u32::try_from(key.len()).expect("a key is shorter than 4 GiB");
        Self {
            data: data.into(),
            key_len,
            at,
            create,
            version,
            lease,
        }
    }

    pub(crate) fn tombstone(key: &[u8], at: Revision) -> Self {
        Self::new(key, &[], at, 0, 0, 0)
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.data[..self.key_len as usize]
    }

    pub(crate) fn value(&self) -> &[u8] {
        &self.data[self.key_len as usize..]
    }

    pub(crate) const fn is_tombstone(&self) -> bool {
        self.version == 0
    }

    /// Bytes that this version counts for in the state's size.
    pub(crate) fn cost(&self) -> u64 {
        self.data.len() as u64 + VERSION_OVERHEAD_BYTES
    }

    /// This version's part of the state's digest: the digest adds these, so their order does not matter.
    pub(crate) fn digest(&self) -> u64 {
        let mut fields = [0u8; 56];
        let parts = [
            xxh3_64(self.key()),
            xxh3_64_with_seed(self.value(), 1),
            self.at.main as u64,
            u64::from(self.at.sub),
            self.create as u64,
            self.version as u64,
            self.lease as u64,
        ];
        for (place, part) in fields.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        xxh3_64(&fields)
    }
}

/// A key with its value and metadata, as a reader gets it. Cheap to clone; it shares the state's memory.
#[derive(Clone)]
pub struct KeyValue {
    version: Arc<Version>,
    keys_only: bool,
}

impl KeyValue {
    pub(crate) const fn new(version: Arc<Version>) -> Self {
        Self {
            version,
            keys_only: false,
        }
    }

    pub(crate) const fn without_value(version: Arc<Version>) -> Self {
        Self {
            version,
            keys_only: true,
        }
    }

    /// The key, sharing memory.
    #[must_use]
    pub fn key(&self) -> Bytes {
        self.version.data.slice(..self.version.key_len as usize)
    }

    /// The value, sharing memory; empty if only keys were asked for, and for a delete.
    #[must_use]
    pub fn value(&self) -> Bytes {
        if self.keys_only {
            return Bytes::new();
        }
        self.version.data.slice(self.version.key_len as usize..)
    }

    /// The key, borrowed.
    #[must_use]
    pub fn key_ref(&self) -> &[u8] {
        self.version.key()
    }

    /// The value, borrowed; empty if only keys were asked for, and for a delete.
    #[must_use]
    pub fn value_ref(&self) -> &[u8] {
        if self.keys_only {
            &[]
        } else {
            self.version.value()
        }
    }

    /// The revision that created the key; 0 for a delete.
    #[must_use]
    pub fn create_revision(&self) -> i64 {
        self.version.create
    }

    /// The revision of this version.
    #[must_use]
    pub fn mod_revision(&self) -> i64 {
        self.version.at.main
    }

    /// How many times the key was written since it was created; 0 for a delete.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version.version
    }

    /// The lease that the key is attached to, or 0.
    #[must_use]
    pub fn lease(&self) -> i64 {
        self.version.lease
    }

    /// Bytes of key and value, as a bound on how large an answer gets.
    #[must_use]
    pub fn size(&self) -> usize {
        self.key_ref().len() + self.value_ref().len()
    }
}

impl PartialEq for KeyValue {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.version, &other.version);
        self.key_ref() == other.key_ref()
            && self.value_ref() == other.value_ref()
            && (a.at.main, a.create, a.version, a.lease)
                == (b.at.main, b.create, b.version, b.lease)
    }
}

impl Eq for KeyValue {}

impl std::fmt::Debug for KeyValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}={} c{} m{} v{} l{}",
            self.key_ref().escape_ascii(),
            self.value_ref().escape_ascii(),
            self.create_revision(),
            self.mod_revision(),
            self.version(),
            self.lease()
        )
    }
}
