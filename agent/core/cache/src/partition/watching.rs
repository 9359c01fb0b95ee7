//! Who is told of changes.

use super::{DatabaseKey, Partition};
use crate::notice::{Class, Notice};

impl Partition {
    pub(super) fn changed(&mut self, database: usize, key: &[u8]) {
        self.changes += 1;
        self.end_note(database, key);
        if self.watched.is_empty() && !self.told_of_changes {
            return;
        }
        let key: DatabaseKey = (database as u8, key.into());
        if let Some((_, last)) = self.watched.get_mut(&key) {
            *last = self.changes;
        }
        if self.told_of_changes {
            self.changed.push(key);
        }
    }

    /// Watches a key: a number to be given to [`Self::is_unchanged`].
    pub fn watch(&mut self, key: &DatabaseKey) -> u64 {
        let watched = self.watched.entry(key.clone()).or_default();
        watched.0 += 1;
        self.changes
    }

    /// Whether a watched key was not changed since.
    #[must_use]
    pub fn is_unchanged(&self, key: &DatabaseKey, since: u64) -> bool {
        self.watched
            .get(key)
            .is_some_and(|(_, last)| *last <= since)
    }

    /// Ends what [`Self::watch`] began.
    pub fn unwatch(&mut self, key: &DatabaseKey) {
        if let Some(watched) = self.watched.get_mut(key) {
            watched.0 -= 1;
            if watched.0 == 0 {
                self.watched.remove(key);
            }
        }
    }

    /// Those who subscribed to it are told what was done to a key.
    pub(crate) fn notify(
        &mut self,
        database: usize,
        class: Class,
        event: &'static str,
        key: &[u8],
    ) {
        if self.notified.contains(class) {
            self.notices.push(Notice {
                database: database as u8,
                event,
                key: key.into(),
            });
        }
    }
}
