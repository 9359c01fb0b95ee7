//! Collections under keys: how they are read, and changed.

use super::{Partition, WrongKind};
use crate::collection::{Closed, Collection, Kept, Limits, PACKED_BYTES_MAX};
use crate::effects::Effects;
use crate::keyspace::{Found, Header};
use crate::notice::Class;

impl Partition {
    /// How the collection under a key is read.
    pub(crate) fn view<C: Collection>(
        &mut self,
        database: usize,
        key: &[u8],
    ) -> Result<Option<C::View<'_>>, WrongKind> {
        let Some(found) = self.find(database, key) else {
            return Ok(None);
        };
        if found.header.kind != C::KIND {
            return Err(WrongKind);
        }
        let view = self.databases[database].view::<C>(&found);
        Ok(Some(C::at(view, self.now)))
    }

    /// As [`Self::view`], but what expired stays where it is, and is hidden: for several looks at once.
    pub(crate) fn peek<C: Collection>(
        &self,
        database: usize,
        key: &[u8],
    ) -> Result<Option<C::View<'_>>, WrongKind> {
        let keyspace = &self.databases[database];
        let Some(found) = keyspace.find(key) else {
            return Ok(None);
        };
        if self.is_over(found.header.expiry) {
            return Ok(None);
        }
        if found.header.kind != C::KIND {
            return Err(WrongKind);
        }
        Ok(Some(C::at(keyspace.view::<C>(&found), self.now)))
    }

    /// Changes the collection under a key, or a new one. An empty one goes, and its key.
    pub(crate) fn edit<C: Collection, R>(
        &mut self,
        database: usize,
        key: &[u8],
        change: impl FnOnce(&mut Edit<'_, C>) -> R,
    ) -> Result<R, WrongKind> {
        let found = self.find(database, key);
        if found.is_some_and(|found| found.header.kind != C::KIND) {
            return Err(WrongKind);
        }
        Ok(self.edit_found(database, key, found, change))
    }

    /// As [`Self::edit`], of what was found already.
    pub(super) fn edit_found<C: Collection, R>(
        &mut self,
        database: usize,
        key: &[u8],
        found: Option<Found>,
        change: impl FnOnce(&mut Edit<'_, C>) -> R,
    ) -> R {
        let value = found.map(|found| self.open::<C>(database, &found));
        let mut edit = Edit {
            value: value.unwrap_or_default(),
            database,
            key,
            limits: &self.limits,
            effects: &mut self.effects,
            is_changed: false,
            is_told: false,
            events: Vec::new(),
        };
        let result = change(&mut edit);
        let (value, is_changed, events) = (edit.value, edit.is_changed, edit.events);
        let is_told = edit.is_told;
        if found.is_none() && !value.is_empty() {
            self.is_new(database, key);
        }
        for (class, event) in events {
            self.notify(database, class, event, key);
        }
        self.close(database, key, found, value, is_changed);
        if is_changed {
            // Whether anybody is told of it or not.
            self.memory.changed(database);
        }
        if is_told {
            self.changed(database, key);
        }
        result
    }

    pub(super) fn open<C: Collection>(&mut self, database: usize, found: &Found) -> C {
        let (keyspace, shown) = (&mut self.databases[database], found.header.shown);
        if found.header.large {
            C::open_object(keyspace.take(found), shown)
        } else {
            C::open_packed(keyspace.value(found).to_vec(), shown)
        }
    }

    pub(super) fn close<C: Collection>(
        &mut self,
        database: usize,
        key: &[u8],
        found: Option<Found>,
        value: C,
        is_changed: bool,
    ) {
        let new = Header {
            access: self.access().first(),
            ..Header::new(C::KIND)
        };
        let keyspace = &mut self.databases[database];
        if value.is_empty() {
            if let Some(found) = found {
                keyspace.remove(&found);
                self.notify(database, Class::GENERIC, "del", key);
            }
        } else {
            let Closed { kept, shown } = value.close();
            let header = found.map_or(new, |found| found.header);
            let header = Header {
                shown,
                large: matches!(kept, Kept::Object(_)),
                ..header
            };
            match (kept, found) {
                (Kept::Packed(bytes), _) => {
                    debug_assert!(bytes.len() <= PACKED_BYTES_MAX);
                    if is_changed {
                        keyspace.put(key, &header, &[&bytes]);
                    }
                }
                (Kept::Object(object), Some(found)) if found.header.large => {
                    keyspace.give_back(&found, object);
                    keyspace.set_header(&found, &header);
                }
                (Kept::Object(object), _) => keyspace.put_object(key, &header, object),
            }
        }
    }
}

/// A collection while it is changed.
pub(crate) struct Edit<'a, C> {
    value: C,
    database: usize,
    key: &'a [u8],
    limits: &'a Limits,
    effects: &'a mut Effects,
    is_changed: bool,
    /// Whether those who watch the key, or wait for it, are told.
    is_told: bool,
    events: Vec<(Class, &'static str)>,
}

impl<C: Collection> Edit<'_, C> {
    /// As it is now.
    pub(crate) const fn now(&self) -> &C {
        &self.value
    }

    /// As which of the encodings of Redis collections are shown.
    pub(crate) const fn limits(&self) -> &Limits {
        self.limits
    }

    /// Makes a change, and notes it for those who do the same.
    pub(crate) fn apply(&mut self, change: &C::Change<'_>) -> C::Outcome {
        self.is_told = true;
        self.apply_untold(change)
    }

    /// As [`Self::apply`], but what the key stands for is the same as before: neither those who watch it nor those who wait for it
    /// are told.
    pub(crate) fn apply_untold(&mut self, change: &C::Change<'_>) -> C::Outcome {
        self.note(change);
        self.value.apply(change, self.limits)
    }

    /// As [`Self::apply`], but a change that did nothing, as its outcome tells, is not noted.
    pub(crate) fn try_apply(
        &mut self,
        change: &C::Change<'_>,
        did: impl FnOnce(&C::Outcome) -> bool,
    ) -> C::Outcome {
        let outcome = self.value.apply(change, self.limits);
        if did(&outcome) {
            self.is_told = true;
            self.note(change);
        }
        outcome
    }

    fn note(&mut self, change: &C::Change<'_>) {
        self.effects
            .note_change::<C>(self.database, self.key, change);
        self.is_changed = true;
    }

    /// Those who subscribed to it are told what was done, before they are told that an empty collection went.
    pub(crate) fn notify(&mut self, class: Class, event: &'static str) {
        self.events.push((class, event));
    }
}
