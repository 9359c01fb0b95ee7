//! What expires, and when.

use super::Partition;
use crate::collection::Collection as _;
use crate::hash::{Hash, HashChange};
use crate::keyspace::{Due, Found, Keyspace};
use crate::notice::Class;

impl Partition {
    /// Removes what expired, about so many keys and fields at most; whether there may be more.
    pub fn expire(&mut self, most: usize) -> bool {
        let mut left = most;
        for database in 0..self.databases.len() {
            while let Some(due) = self.databases[database].due(self.now) {
                for due in due {
                    let removed = match due {
                        Due::Key(key) => self.expired(database, &key),
                        Due::Fields(key) => self.expire_fields(database, &key, left.max(1)),
                    };
                    left = left.saturating_sub(removed);
                }
                if left == 0 {
                    return true;
                }
            }
        }
        false
    }

    /// When something expires next, or earlier.
    #[must_use]
    pub fn next_expiry(&self) -> Option<i64> {
        self.databases
            .iter()
            .filter_map(Keyspace::next_expiry)
            .min()
    }

    pub(super) fn expired(&mut self, database: usize, key: &[u8]) -> usize {
        self.remove(database, key);
        self.notify(database, Class::EXPIRED, "expired", key);
        self.counts.expired += 1;
        1
    }

    /// Removes fields that expired, not many more than so many, from the hash that is under a key; how many.
    fn expire_fields(&mut self, database: usize, key: &[u8], most: usize) -> usize {
        let Some(found) = self.databases[database].find(key) else {
            return 0;
        };
        let due = self.databases[database].due_fields(&found, self.now, most);
        if due.is_empty() {
            return 0;
        }
        self.edit_found::<Hash, _>(database, key, Some(found), |hash| {
            for field in &due {
                hash.apply(&HashChange::Remove { field });
            }
            hash.notify(Class::HASH, "hexpired");
        });
        due.len()
    }

    /// A hash of which fields may have expired, without them.
    pub(super) fn unexpired(&mut self, database: usize, key: &[u8], found: Found) -> Option<Found> {
        if self.is_primary {
            self.expire_fields(database, key, usize::MAX);
            return self.databases[database].find(key);
        }
        let hash = self.databases[database].view::<Hash>(&found);
        (!Hash::at(hash, self.now).is_empty()).then_some(found)
    }

    /// Whether what expires then has expired: as in Redis, at that millisecond it is still there.
    #[inline]
    pub(super) fn is_over(&self, expiry: Option<i64>) -> bool {
        expiry.is_some_and(|at| at < self.now)
    }
}
