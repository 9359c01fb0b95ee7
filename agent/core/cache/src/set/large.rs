//! A large set: members in a table, without values.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::packed::Strings;
use crate::table::Table;

/// Members of a large set.
#[derive(Clone, Debug)]
pub(crate) struct LargeSet {
    table: Table,
    seed: u64,
}

impl LargeSet {
    /// Whether a copy costs much, unless [`Self::share`] was called before.
    pub(crate) const fn is_huge(&self) -> bool {
        self.table.is_huge()
    }

    /// Prepares it to be copied for little.
    pub(crate) fn share(&mut self) {
        self.table.share();
    }

    /// Of members side by side.
    pub(super) fn of(packed: &[u8], seed: u64) -> Self {
        let mut large = Self {
            table: Table::default(),
            seed,
        };
        for (_, member) in Strings::of(packed) {
            large.add(member);
        }
        large
    }

    /// Bytes that are asked of the allocator.
    pub(crate) fn allocated(&self) -> usize {
        self.table.allocated() + size_of::<Self>()
    }

    pub(super) const fn table(&self) -> &Table {
        &self.table
    }

    fn hash(&self, member: &[u8]) -> u64 {
        xxh3_64_with_seed(member, self.seed)
    }

    pub(super) fn contains(&self, member: &[u8]) -> bool {
        self.table.find(self.hash(member), member).is_some()
    }

    pub(super) fn add(&mut self, member: &[u8]) -> bool {
        let hash = self.hash(member);
        if self.table.find(hash, member).is_some() {
            return false;
        }
        self.table.insert(hash, member, 0);
        let seed = self.seed;
        while self.table.grow(|member| xxh3_64_with_seed(member, seed)) {}
        true
    }

    pub(super) fn remove(&mut self, member: &[u8]) -> bool {
        let Some(at) = self.table.find(self.hash(member), member) else {
            return false;
        };
        self.table.remove(at);
        let seed = self.seed;
        while self.table.shrink(|member| xxh3_64_with_seed(member, seed)) {}
        true
    }
}
