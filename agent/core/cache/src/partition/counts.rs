//! What is counted of what is done to a partition.

use std::ops::AddAssign;

use super::Partition;

/// Since the partition began, or since [`Partition::reset_counts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Keys that commands that but read looked for, and found.
    pub hits: u64,
    /// Those that they did not find.
    pub misses: u64,
    /// Keys that expired, and were removed.
    pub expired: u64,
    /// Keys that were evicted.
    pub evicted: u64,
}

impl Counts {
    #[inline]
    pub(super) const fn looked(&mut self, found: bool) {
        if found {
            self.hits += 1;
        } else {
            self.misses += 1;
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.misses += other.misses;
        self.expired += other.expired;
        self.evicted += other.evicted;
    }
}

impl Partition {
    /// What was counted.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Counts from 0 again.
    pub fn reset_counts(&mut self) {
        self.counts = Counts::default();
    }

    /// Whether what is looked for from now on is counted as found or missed.
    #[inline]
    pub(crate) const fn count_looks(&mut self, counts: bool) {
        self.counts_looks = counts;
    }

    /// How many changes there were.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.changes
    }

    /// Of a database: how many keys there are, how many of them have an expiry, and those that expired and were not removed yet
    /// among them.
    #[must_use]
    pub fn key_counts(&self, database: usize) -> (usize, usize) {
        let keyspace = &self.databases[database];
        (keyspace.len(), keyspace.expiring())
    }
}
