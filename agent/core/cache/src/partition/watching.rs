//! Who is told of changes.

use super::{DatabaseKey, Partition};
use crate::notice::{Class, Notice};

impl Partition {
    pub(super) fn changed(&mut self, database: usize, key: &[u8]) {
        self.changes += 1;
        self.memory.changed(database);
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
                order: self.order,
            });
            self.order += 1;
        }
    }

    /// Those who subscribed to it are told that a command that reads did not find a key.
    #[cold]
    pub(super) fn missed(&mut self, database: usize, key: &[u8]) {
        if self.reads {
            self.notify(database, Class::MISS, "keymiss", key);
        }
    }

    /// Those who subscribed to it are told that a key is a new one.
    pub(super) fn is_new(&mut self, database: usize, key: &[u8]) {
        if !self.replaces {
            self.notify(database, Class::NEW, "new", key);
        }
    }

    /// Whether what is carried out from now on reads. What is put under keys is new where there was nothing.
    pub(crate) const fn set_reads(&mut self, reads: bool) {
        self.reads = reads;
        self.replaces = false;
    }

    /// What is put under keys from now on, until a command reads or the next one comes, is not new if that is so.
    pub(crate) const fn set_replaces(&mut self, replaces: bool) {
        self.replaces = replaces;
    }

    /// Of which order the next notice is, if none of another partition is later.
    pub(crate) const fn order(&self) -> u64 {
        self.order
    }

    /// The notices that follow come after those of another partition of the same command.
    pub(crate) fn go_on_from(&mut self, order: u64) {
        self.order = self.order.max(order);
    }
}
