//! What is done to a database as a whole.

use super::Partition;
use crate::collection::Limits;
use crate::effect::Effect;
use crate::eviction::{Ranked, Settings};
use crate::keyspace::Keyspace;

impl Partition {
    pub(crate) fn pin_databases(&mut self) -> Vec<Keyspace> {
        self.databases.iter_mut().map(Keyspace::pin).collect()
    }

    /// What is settled about the use of keys.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Settles it anew. What is noted of keys means something else if uses are counted from now on, or not any more; it is as it
    /// should be when they were used again.
    pub fn set_settings(&mut self, settings: Settings) {
        let remembers = settings.policy.ranked() == Ranked::Remembered;
        self.sketch = remembers.then(|| self.sketch.take().unwrap_or_default());
        self.settings = settings;
        self.pool.clear();
    }

    /// Up to which sizes collections are shown as small from now on, but for the seed.
    pub fn set_limits(&mut self, limits: &Limits) {
        self.limits = Limits {
            seed: self.limits.seed,
            ..limits.clone()
        };
    }

    /// Databases of which all keys may have changed since it was asked last: whoever waits for a key of one looks again, and
    /// whoever has copies of what he read forgets them.
    pub fn take_changed_databases(&mut self) -> Vec<u8> {
        let changed = std::mem::take(&mut self.changed_databases);
        let is_changed = |database: &u8| changed & 1 << database != 0;
        (0..16).filter(is_changed).collect()
    }

    /// Removes all keys of a database.
    pub(crate) fn flush(&mut self, database: usize) {
        self.flushed |= self.told_of_changes;
        if self.databases[database].len() == 0 {
            return;
        }
        self.changed_as_a_whole(&[database]);
        self.databases[database] = Keyspace::new(self.random.next());
        self.effects.note(database, &Effect::Flush);
    }

    /// Lets two databases change places.
    pub(crate) fn swap(&mut self, one: usize, other: usize) {
        let is_empty = |database: usize| self.databases[database].len() == 0;
        if one == other || is_empty(one) && is_empty(other) {
            return;
        }
        self.changed_as_a_whole(&[one, other]);
        self.databases.swap(one, other);
        self.effects.note(one, &Effect::Swap { other });
    }

    /// Watched keys of these databases changed that are in any of them.
    fn changed_as_a_whole(&mut self, databases: &[usize]) {
        self.changes += 1;
        let is_there = |key: &[u8]| {
            let mut keyspaces = databases.iter().map(|of| &self.databases[*of]);
            keyspaces.any(|keyspace| keyspace.find(key).is_some())
        };
        let watched = self.watched.keys();
        let watched = watched.filter(|(of, _)| databases.contains(&usize::from(*of)));
        let changed: Vec<_> = watched.filter(|(_, key)| is_there(key)).cloned().collect();
        for (database, key) in changed {
            self.changed(usize::from(database), &key);
        }
        for database in databases {
            self.end_notes(*database);
            self.changed_databases |= 1 << database;
            self.memory.changed(*database);
        }
    }
}
