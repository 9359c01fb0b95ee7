//! A hash that is not small: in pages, or with fields and values in a table.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::expiring::Expiring;
use super::pages::Pages;
use super::small;
use crate::table::Table;

/// Fields of a hash that is not small.
#[derive(Clone, Debug)]
pub(crate) enum LargeHash {
    /// Not many, none of which ever expired.
    Pages(Pages),
    Table(Box<HashTable>),
}

impl LargeHash {
    /// Of packed fields.
    pub(super) fn of(packed: &[u8], seed: u64) -> Self {
        let expire = small::soonest(packed).is_some();
        let fields = small::entries(packed).map(|entry| (entry.field, entry.value));
        if let Some(pages) = (!expire).then(|| Pages::of(fields)).flatten() {
            return Self::Pages(pages);
        }
        let mut table = HashTable::new(seed);
        for entry in small::entries(packed) {
            table.put(entry.field, entry.value, entry.expiry);
        }
        Self::Table(Box::new(table))
    }

    /// It in a table.
    fn table(&mut self, seed: u64) -> &mut HashTable {
        if let Self::Pages(pages) = self {
            let mut table = HashTable::new(seed);
            for (field, value) in pages.iter() {
                table.put(field, value, None);
            }
            *self = Self::Table(Box::new(table));
        }
        match self {
            Self::Table(table) => table,
            Self::Pages(_) => unreachable!("it is in a table"),
        }
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        let own = match self {
            Self::Pages(pages) => pages.allocated(),
            Self::Table(table) => table.allocated(),
        };
        own + size_of::<Self>()
    }

    /// Whether a copy costs much, unless [`Self::share`] was called before.
    pub(crate) fn is_huge(&self) -> bool {
        match self {
            Self::Pages(_) => false,
            Self::Table(table) => table.is_huge(),
        }
    }

    /// Prepares it to be copied for little.
    pub(crate) fn share(&mut self) {
        if let Self::Table(table) = self {
            table.share();
        }
    }

    /// Before then no field expires; nothing, if none ever does.
    pub(crate) fn soonest(&self) -> Option<i64> {
        match self {
            Self::Pages(_) => None,
            Self::Table(table) => table.soonest(),
        }
    }

    /// See [`Expiring::due`].
    pub(crate) fn due(&mut self, now: i64, most: usize) -> Vec<Box<[u8]>> {
        match self {
            Self::Pages(_) => Vec::new(),
            Self::Table(table) => table.due(now, most),
        }
    }

    pub(super) fn put(
        &mut self,
        field: &[u8],
        value: &[u8],
        expiry: Option<i64>,
        seed: u64,
    ) -> bool {
        if let (Self::Pages(pages), None) = (&mut *self, expiry)
            && let Some(is_new) = pages.put(field, value)
        {
            return is_new;
        }
        self.table(seed).put(field, value, expiry)
    }

    pub(super) fn remove(&mut self, field: &[u8]) -> bool {
        match self {
            Self::Pages(pages) => pages.remove(field),
            Self::Table(table) => table.remove(field),
        }
    }

    pub(super) fn expire(&mut self, field: &[u8], expiry: Option<i64>, seed: u64) -> bool {
        match (&mut *self, expiry) {
            (Self::Pages(pages), None) => pages.get(field).is_some(),
            _ => self.table(seed).expire(field, expiry),
        }
    }
}

/// Fields of a large hash, in a table, and of those that expire the times in another one.
///
/// Invariants: 1. what is in `expiring` is in `table`; 2. `expiring` is there only while something is in it.
#[derive(Clone, Debug)]
pub(crate) struct HashTable {
    table: Table,
    seed: u64,
    expiring: Option<Box<Expiring>>,
}

impl HashTable {
    const fn is_huge(&self) -> bool {
        self.table.is_huge()
    }

    fn share(&mut self) {
        self.table.share();
    }

    fn new(seed: u64) -> Self {
        Self {
            table: Table::default(),
            seed,
            expiring: None,
        }
    }

    /// Bytes that are asked of the allocator.
    fn allocated(&self) -> usize {
        let expiring = self.expiring.as_deref().map_or(0, Expiring::allocated);
        self.table.allocated() + expiring + size_of::<Self>()
    }

    /// All fields, those that expired among them.
    pub(super) const fn table(&self) -> &Table {
        &self.table
    }

    /// Before then no field expires; nothing, if none ever does.
    pub(super) fn soonest(&self) -> Option<i64> {
        self.expiring.as_deref().and_then(Expiring::soonest)
    }

    /// See [`Expiring::due`].
    fn due(&mut self, now: i64, most: usize) -> Vec<Box<[u8]>> {
        let expiring = self.expiring.as_deref_mut();
        expiring.map_or_else(Vec::new, |expiring| expiring.due(now, most))
    }

    /// How many fields have expired.
    pub(super) fn expired(&self, now: i64) -> usize {
        let expiring = self.expiring.as_deref();
        expiring.map_or(0, |expiring| expiring.expired(now))
    }

    /// When a field expires.
    pub(super) fn expiry(&self, field: &[u8]) -> Option<i64> {
        let expiring = self.expiring.as_deref()?;
        expiring.time(self.hash(field), field)
    }

    pub(super) fn get(&self, field: &[u8]) -> Option<&[u8]> {
        self.table.get(self.hash(field), field)
    }

    fn hash(&self, field: &[u8]) -> u64 {
        xxh3_64_with_seed(field, self.seed)
    }

    fn put(&mut self, field: &[u8], value: &[u8], expiry: Option<i64>) -> bool {
        let (hash, seed) = (self.hash(field), self.seed);
        let found = self.table.find(hash, field);
        let room = match found {
            None => self.table.insert(hash, field, value.len()),
            Some(at) => {
                let length = self.table.value(at).len();
                self.table.splice(at, hash, 0..length, value.len())
            }
        };
        room.copy_from_slice(value);
        while self.table.grow(|field| xxh3_64_with_seed(field, seed)) {}
        self.set_expiry(hash, field, expiry);
        found.is_none()
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        let (hash, seed) = (self.hash(field), self.seed);
        let Some(at) = self.table.find(hash, field) else {
            return false;
        };
        self.table.remove(at);
        while self.table.shrink(|field| xxh3_64_with_seed(field, seed)) {}
        self.set_expiry(hash, field, None);
        true
    }

    fn expire(&mut self, field: &[u8], expiry: Option<i64>) -> bool {
        let hash = self.hash(field);
        let is_there = self.table.find(hash, field).is_some();
        if is_there {
            self.set_expiry(hash, field, expiry);
        }
        is_there
    }

    fn set_expiry(&mut self, hash: u64, field: &[u8], expiry: Option<i64>) {
        let seed = self.seed;
        let rehash = |field: &[u8]| xxh3_64_with_seed(field, seed);
        match (expiry, &mut self.expiring) {
            (Some(at), expiring) => {
                let expiring = expiring.get_or_insert_default();
                expiring.set(hash, field, at, rehash);
            }
            (None, Some(expiring)) => {
                expiring.remove(hash, field, rehash);
                if expiring.is_empty() {
                    self.expiring = None;
                }
            }
            (None, None) => {}
        }
    }
}
