//! Some of the slots of all databases: keys with their values, what was done to them, and who wants to know.

mod apply;
mod carry;
mod collections;
mod databases;
mod evict;
mod expiry;
mod notes;
mod strings;
mod watching;

use std::collections::HashMap;

pub(crate) use collections::Edit;
pub use notes::{ITEMS, Note};

use crate::collection::Limits;
use crate::effect::Effect;
use crate::eviction::{Access, Pool, Settings};
use crate::keyspace::{Found, Keyspace};
use crate::notice::{Class, Notice};
use crate::random::Random;
use crate::table::Table;

/// How many databases there are.
pub const DATABASES: usize = 16;

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
    /// Keys that are used are not taken for used.
    is_quiet: bool,
    notified: Class,
    notices: Vec<Notice>,
    /// Of strings of [`ITEMS`].
    notes: HashMap<Box<[u8]>, Note>,
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
            is_quiet: false,
            notified: Class::NONE,
            notices: Vec::new(),
            notes: HashMap::new(),
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

    /// Whether keys that are used from now on are not taken for used.
    pub const fn set_quiet(&mut self, is_quiet: bool) {
        self.is_quiet = is_quiet;
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
        let databases: usize = self.databases.iter().map(Keyspace::allocated).sum();
        databases + self.noted_bytes()
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
        if self.is_quiet {
            return noted;
        }
        let access = Access {
            settings: &self.settings,
            now: self.now,
        };
        access.touched(noted, &mut self.random)
    }

    /// What is noted of the use of keys, now.
    pub(crate) const fn access(&self) -> Access<'_> {
        Access {
            settings: &self.settings,
            now: self.now,
        }
    }

    /// A key that has not expired, for those who do not use it, but look at it.
    #[inline]
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
        self.changed_in_place(database, key);
        true
    }
}
