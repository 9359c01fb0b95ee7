//! Some of the slots of all databases: keys with their values, what was done to them, and who wants to know.

mod carry;
mod databases;
mod evict;

use std::collections::HashMap;

use crate::collection::{Closed, Collection, Kept, Limits, PACKED_BYTES_MAX};
use crate::effect::Effect;
use crate::eviction::{Access, Pool, Settings};
use crate::hash::{Hash, HashChange};
use crate::keyspace::{Due, Found, Header, Keyspace, Kind};
use crate::notice::{Class, Notice};
use crate::random::Random;
use crate::string::{self, STRING_BYTES_MAX, StringView};
use crate::table::Table;
use crate::wire::{Corrupt, Reader, Writer};

/// How many databases there are.
pub const DATABASES: usize = 16;

/// Bytes are changed up to the longest string, and a few beyond it by `BITFIELD`.
const SPLICE_START_MAX: usize = STRING_BYTES_MAX + 8;

/// The value under a key is of another kind than the command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongKind;

/// What becomes of a key's expiry when its value is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    /// It stays.
    Keep,
    /// It goes.
    None,
    /// It becomes this, in Unix milliseconds.
    At(i64),
}

/// A key of a database.
pub type DatabaseKey = (u8, Box<[u8]>);

/// Keys of some slots. Whoever holds it is alone with them.
///
/// On a primary, what expired is removed when it is met or [`Partition::expire`] comes to it; on a replica it is hidden until the
/// primary's removal comes.
#[derive(Debug)]
pub struct Partition {
    databases: Vec<Keyspace>,
    /// Milliseconds since the Unix epoch. It stands still while a command, or a transaction, is carried out.
    now: i64,
    is_primary: bool,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    settings: Settings,
    /// What may be evicted next.
    pool: Pool,
    /// [`Effect`]s, one after another.
    effects: Vec<u8>,
    /// Grows with every change.
    changes: u64,
    /// Keys that somebody watches: how many do, and as which change the last one was made.
    watched: HashMap<DatabaseKey, (usize, u64)>,
    /// Whether somebody waits for a key, or keeps a copy of what he read.
    told_of_changes: bool,
    changed: Vec<DatabaseKey>,
    /// A bit for each database of which all keys may have changed.
    changed_databases: u16,
    notified: Class,
    notices: Vec<Notice>,
}

impl Partition {
    /// Empty. All that is random in it comes from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self {
            databases: (0..DATABASES)
                .map(|_| Keyspace::new(random.next()))
                .collect(),
            now: 0,
            is_primary: true,
            random,
            limits: Limits {
                seed,
                ..Limits::default()
            },
            settings: Settings::default(),
            pool: Pool::default(),
            effects: Vec::new(),
            changes: 0,
            watched: HashMap::new(),
            told_of_changes: false,
            changed: Vec::new(),
            changed_databases: 0,
            notified: Class::NONE,
            notices: Vec::new(),
        }
    }

    /// From now on it is this time, in Unix milliseconds.
    pub fn set_now(&mut self, now: i64) {
        self.now = now;
    }

    /// What time it is, in Unix milliseconds.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// Whether it removes what expired, or waits for who does.
    pub const fn set_primary(&mut self, is_primary: bool) {
        self.is_primary = is_primary;
    }

    /// Whether it does.
    pub(crate) const fn is_primary(&self) -> bool {
        self.is_primary
    }

    /// Which changes [`Self::take_notices`] tells.
    pub const fn set_notified(&mut self, notified: Class) {
        self.notified = notified;
    }

    /// Whether [`Self::take_changed`] tells anything.
    pub const fn set_told_of_changes(&mut self, told: bool) {
        self.told_of_changes = told;
    }

    /// What was done since it was asked last: effects, for [`Self::apply`].
    pub fn take_effects(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.effects)
    }

    /// Which keys were changed since it was asked last.
    pub fn take_changed(&mut self) -> Vec<DatabaseKey> {
        std::mem::take(&mut self.changed)
    }

    /// What is to be published to those who subscribed to changes of keys.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Bytes that are asked of the allocator.
    #[must_use]
    pub fn allocated(&self) -> usize {
        self.databases.iter().map(Keyspace::allocated).sum()
    }

    /// Does what was done elsewhere.
    ///
    /// # Errors
    /// If these are no effects. What came before stays done.
    pub fn apply(&mut self, effects: &[u8]) -> Result<(), Corrupt> {
        let mut from = Reader(effects);
        while !from.is_empty() {
            self.apply_next(&mut from)?;
        }
        Ok(())
    }

    fn apply_next(&mut self, from: &mut Reader<'_>) -> Result<(), Corrupt> {
        let (database, effect) = Effect::read(from)?;
        match effect {
            Effect::Put {
                key,
                expiry,
                shown,
                value,
            } => {
                let expiry = expiry.map_or(Expiry::None, Expiry::At);
                self.put_string_shown(database, key, &[value], expiry, shown);
            }
            Effect::Splice {
                key,
                start,
                removed,
                with,
            } => {
                let length = match self.databases[database].find(key) {
                    None => 0,
                    Some(found) if found.header.kind == Kind::String => {
                        self.databases[database].value(&found).len()
                    }
                    Some(_) => return Err(Corrupt),
                };
                if removed > length.saturating_sub(start) || start > SPLICE_START_MAX {
                    return Err(Corrupt);
                }
                self.splice_string(database, key, start, removed, with);
            }
            Effect::Remove { key } => {
                self.remove(database, key);
            }
            Effect::Expire { key, expiry } => {
                self.expire_at(database, key, expiry);
            }
            Effect::Flush => self.flush(database),
            Effect::Swap { other } => self.swap(database, other),
            Effect::Carry { key, to, keeps } => self.apply_carry(database, key, to, keeps)?,
            Effect::Whole { key, expiry, value } => {
                self.apply_whole(database, key, expiry, value)?
            }
            Effect::Of { kind, key } => match kind {
                Kind::Hash => self.apply_change::<Hash>(database, key, from)?,
                Kind::Set => self.apply_change::<crate::set::Set>(database, key, from)?,
                Kind::Stream => self.apply_change::<crate::stream::Stream>(database, key, from)?,
                Kind::List => self.apply_change::<crate::list::List>(database, key, from)?,
                Kind::SortedSet => {
                    self.apply_change::<crate::sorted_set::SortedSet>(database, key, from)?;
                }
                Kind::String => return Err(Corrupt),
            },
        }
        Ok(())
    }

    fn apply_change<C: Collection>(
        &mut self,
        database: usize,
        key: &[u8],
        from: &mut Reader<'_>,
    ) -> Result<(), Corrupt> {
        let change = C::read(from)?;
        // What has expired here may not have where this was done.
        let found = self.databases[database].find(key);
        if found.is_some_and(|found| found.header.kind != C::KIND) {
            return Err(Corrupt);
        }
        self.edit_found::<C, _>(database, key, found, |edit| edit.apply(&change));
        Ok(())
    }

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

    fn expired(&mut self, database: usize, key: &[u8]) -> usize {
        self.remove(database, key);
        self.notify(database, Class::EXPIRED, "expired", key);
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
    fn unexpired(&mut self, database: usize, key: &[u8], found: Found) -> Option<Found> {
        if self.is_primary {
            self.expire_fields(database, key, usize::MAX);
            return self.databases[database].find(key);
        }
        let hash = self.databases[database].view::<Hash>(&found);
        (!Hash::at(hash, self.now).is_empty()).then_some(found)
    }

    /// A key that has not expired. Its use is noted.
    #[inline]
    pub(crate) fn find(&mut self, database: usize, key: &[u8]) -> Option<Found> {
        let mut found = self.look(database, key)?;
        let access = self.touched(found.header.access);
        self.databases[database].touch(&found, access);
        found.header.access = access;
        Some(found)
    }

    /// What is noted of a key that is used once more.
    #[inline]
    fn touched(&mut self, noted: u32) -> u32 {
        let access = Access {
            settings: &self.settings,
            now: self.now,
        };
        access.touched(noted, &mut self.random)
    }

    /// Whether what expires then has expired: as in Redis, at that millisecond it is still there.
    #[inline]
    fn is_over(&self, expiry: Option<i64>) -> bool {
        expiry.is_some_and(|at| at < self.now)
    }

    /// What is noted of the use of keys, now.
    pub(crate) const fn access(&self) -> Access<'_> {
        Access {
            settings: &self.settings,
            now: self.now,
        }
    }

    /// A key that has not expired, for those who do not use it, but look at it.
    pub(crate) fn look(&mut self, database: usize, key: &[u8]) -> Option<Found> {
        let found = self.databases[database].find(key)?;
        if self.is_over(found.header.expiry) {
            if self.is_primary {
                self.expired(database, key);
            }
            return None;
        }
        let fields = self.databases[database].soonest_field(&found);
        if self.is_over(fields) {
            return self.unexpired(database, key, found);
        }
        Some(found)
    }

    /// The value of what [`Self::find`] found, or the number of its object.
    pub(crate) fn value(&self, database: usize, found: &Found) -> &[u8] {
        self.databases[database].value(found)
    }

    /// The keys of a database, for walks.
    pub(crate) fn table(&self, database: usize) -> &Table {
        self.databases[database].table()
    }

    pub(crate) fn keyspace(&self, database: usize) -> &Keyspace {
        &self.databases[database]
    }

    /// The string under a key.
    pub(crate) fn string(
        &mut self,
        database: usize,
        key: &[u8],
    ) -> Result<Option<&[u8]>, WrongKind> {
        match self.find(database, key) {
            None => Ok(None),
            Some(found) if found.header.kind == Kind::String => {
                Ok(Some(self.value(database, &found)))
            }
            Some(_) => Err(WrongKind),
        }
    }

    /// The string under a key, so that a reply can share it.
    #[inline]
    pub(crate) fn string_view(
        &mut self,
        database: usize,
        key: &[u8],
    ) -> Result<Option<StringView<'_>>, WrongKind> {
        match self.find(database, key) {
            None => Ok(None),
            Some(found) if found.header.kind == Kind::String => {
                Ok(Some(self.databases[database].string(&found)))
            }
            Some(_) => Err(WrongKind),
        }
    }

    /// Puts a string under a key, whatever was there: these parts, one after another.
    pub(crate) fn put_string(
        &mut self,
        database: usize,
        key: &[u8],
        parts: &[&[u8]],
        expiry: Expiry,
    ) {
        self.put_string_shown(database, key, parts, expiry, string::BY_CONTENT);
    }

    /// As [`Self::put_string`], and from then on it is shown as one of the encodings of [`crate::string`].
    pub(crate) fn put_string_shown(
        &mut self,
        database: usize,
        key: &[u8],
        parts: &[&[u8]],
        expiry: Expiry,
        shown: u8,
    ) {
        let found = match expiry {
            Expiry::Keep => self.look(database, key),
            Expiry::None | Expiry::At(_) => self.databases[database].find(key),
        };
        let access = self.access_when_replaced(found);
        let expiry = match expiry {
            Expiry::None => None,
            Expiry::At(at) => Some(at),
            Expiry::Keep => found.and_then(|found| found.header.expiry),
        };
        let header = Header {
            expiry,
            shown,
            access,
            ..Header::new(Kind::String)
        };
        self.databases[database].put_found(key, found, &header, parts);
        Effect::put(&mut self.effects, database, key, &header, parts);
        self.changed(database, key);
    }

    /// Of the bytes of the string under a key `removed` from `start` on, which are there, give way to `with`. It is a new string
    /// if there is none, and longer by zeros if it ends before `start`; from then on it is shown as [`string::RAW`].
    pub(crate) fn splice_string(
        &mut self,
        database: usize,
        key: &[u8],
        start: usize,
        removed: usize,
        with: &[u8],
    ) {
        let new = Header {
            access: self.access().first(),
            ..Header::new(Kind::String)
        };
        let keyspace = &mut self.databases[database];
        let found = keyspace.find(key).unwrap_or_else(|| {
            keyspace.put(key, &new, &[]);
            keyspace.find(key).expect("it was put there")
        });
        keyspace.splice(key, &found, start, removed, with);
        let effect = Effect::Splice {
            key,
            start,
            removed,
            with,
        };
        effect.write(database, &mut self.effects);
        self.changed(database, key);
    }

    /// Removes a key, if it is there.
    pub(crate) fn remove(&mut self, database: usize, key: &[u8]) -> bool {
        let Some(found) = self.databases[database].find(key) else {
            return false;
        };
        self.databases[database].remove(&found);
        Effect::Remove { key }.write(database, &mut self.effects);
        self.changed(database, key);
        true
    }

    /// Sets when a key expires, if it is there.
    pub(crate) fn expire_at(&mut self, database: usize, key: &[u8], expiry: Option<i64>) -> bool {
        let Some(found) = self.databases[database].find(key) else {
            return false;
        };
        self.databases[database].set_expiry(key, &found, expiry);
        Effect::Expire { key, expiry }.write(database, &mut self.effects);
        self.changed(database, key);
        true
    }

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
    fn edit_found<C: Collection, R>(
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
        for (class, event) in events {
            self.notify(database, class, event, key);
        }
        self.close(database, key, found, value, is_changed);
        if is_told {
            self.changed(database, key);
        }
        result
    }

    fn open<C: Collection>(&mut self, database: usize, found: &Found) -> C {
        let (keyspace, shown) = (&mut self.databases[database], found.header.shown);
        if found.header.large {
            C::open_object(keyspace.take(found), shown)
        } else {
            C::open_packed(keyspace.value(found).to_vec(), shown)
        }
    }

    fn close<C: Collection>(
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

    fn changed(&mut self, database: usize, key: &[u8]) {
        self.changes += 1;
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

/// A collection while it is changed.
pub(crate) struct Edit<'a, C> {
    value: C,
    database: usize,
    key: &'a [u8],
    limits: &'a Limits,
    effects: &'a mut Vec<u8>,
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
        let effect = Effect::Of {
            kind: C::KIND,
            key: self.key,
        };
        effect.write(self.database, self.effects);
        C::write(change, &mut Writer(self.effects));
        self.is_changed = true;
    }

    /// Those who subscribed to it are told what was done, before they are told that an empty collection went.
    pub(crate) fn notify(&mut self, class: Class, event: &'static str) {
        self.events.push((class, event));
    }
}
