//! What a partition takes of memory.

use super::{DATABASES, Partition};
use crate::keyspace::Keyspace;

/// What the databases took when they were looked at last, in bytes.
#[derive(Debug)]
pub(super) struct Memory {
    databases: [usize; DATABASES],
    sum: usize,
    /// A bit for each database that was changed since.
    changed: u16,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            databases: [0; DATABASES],
            sum: 0,
            changed: u16::MAX,
        }
    }
}

impl Memory {
    /// A database was changed.
    #[inline]
    pub(super) const fn changed(&mut self, database: usize) {
        self.changed |= 1 << database;
    }
}

impl Partition {
    /// Bytes that are asked of the allocator for keys and values: as near as it can be told without a look at all of them.
    #[must_use]
    pub fn allocated(&self) -> usize {
        let databases: usize = self.databases.iter().map(Keyspace::allocated).sum();
        databases + self.sketched() + self.notes.allocated()
    }

    /// Of what is remembered for eviction.
    fn sketched(&self) -> usize {
        self.sketch.as_ref().map_or(0, |it| it.allocated())
    }

    /// As [`Self::allocated`], and every large value is weighed for it.
    #[must_use]
    pub fn weigh(&self) -> usize {
        let databases: usize = self.databases.iter().map(Keyspace::weigh).sum();
        databases + self.sketched() + self.notes.allocated()
    }

    /// What [`Self::allocated`] tells, for those who ask after each change: only what was changed since is looked at.
    pub fn memory(&mut self) -> usize {
        let memory = &mut self.memory;
        while memory.changed != 0 {
            let database = memory.changed.trailing_zeros() as usize;
            memory.changed &= memory.changed - 1;
            let now = self.databases[database].allocated();
            memory.sum = memory.sum - memory.databases[database] + now;
            memory.databases[database] = now;
        }
        memory.sum + self.sketched() + self.notes.allocated()
    }

    /// Bytes that a key and its value take, if it is there.
    pub(crate) fn usage(&mut self, database: usize, key: &[u8]) -> Option<usize> {
        self.look(database, key)?;
        Some(self.weight(database, key))
    }

    /// Bytes of a key, which is there, and its value.
    pub(super) fn weight(&self, database: usize, key: &[u8]) -> usize {
        let keyspace = &self.databases[database];
        let found = keyspace.find(key).expect("who asks found it");
        let object = if found.header.large {
            keyspace.object(&found).allocated()
        } else {
            0
        };
        key.len() + found.header.length() + keyspace.value(&found).len() + object
    }
}
