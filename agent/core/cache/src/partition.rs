//! Some of the slots of all databases: keys with their values, what was done to them, and who wants to know.

mod apply;
mod carry;
mod collections;
mod counts;
mod databases;
mod evict;
mod expiry;
mod functions;
mod memory;
mod notes;
mod strings;
mod watching;

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) use collections::Edit;
pub use counts::Counts;
pub(crate) use notes::Notes;
pub use notes::{ITEMS, Note};

use crate::collection::Limits;
use crate::effect::Effect;
use crate::effects::Effects;
use crate::eviction::{Access, Pool, Settings, Sketch};
use crate::keyspace::{Found, Keyspace};
use crate::notice::{Class, Notice};
use crate::random::Random;
use crate::table::Table;
use memory::Memory;

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
    /// While the policy is one that remembers.
    sketch: Option<Box<Sketch>>,
    effects: Effects,
    /// Grows with every change.
    changes: u64,
    /// Keys that somebody watches: how many do, and as which change the last one was made.
    watched: HashMap<DatabaseKey, (usize, u64)>,
    /// Whether somebody waits for a key, or keeps a copy of what he read.
    told_of_changes: bool,
    changed: Vec<DatabaseKey>,
    /// A bit for each database of which all keys may have changed.
    changed_databases: u16,
    /// All keys of a database were removed, if there were any.
    flushed: bool,
    notified: Class,
    notices: Vec<Notice>,
    /// The next notice is of this order.
    order: u64,
    /// The command that is carried out reads: it is told if a key is not there.
    reads: bool,
    /// What is put under keys next is put in the place of what was removed for it.
    replaces: bool,
    /// Keys that are used are not taken for used.
    is_quiet: bool,
    counts: Counts,
    /// Whether what is looked for is counted as found or missed.
    counts_looks: bool,
    memory: Memory,
    /// Of strings of [`ITEMS`].
    notes: Notes,
    functions: Arc<[u8]>,
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
            sketch: None,
            effects: Effects::default(),
            changes: 0,
            watched: HashMap::new(),
            told_of_changes: false,
            changed: Vec::new(),
            changed_databases: 0,
            flushed: false,
            is_quiet: false,
            notified: Class::NONE,
            notices: Vec::new(),
            order: 0,
            reads: false,
            replaces: false,
            counts: Counts::default(),
            counts_looks: false,
            memory: Memory::default(),
            notes: Notes::default(),
            functions: Arc::default(),
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
        self.effects.take()
    }

    /// As [`Self::take_effects`], of whoever then says [`Self::clear_effects`].
    #[inline]
    #[must_use]
    pub fn effects(&self) -> &[u8] {
        self.effects.bytes()
    }

    /// What [`Self::effects`] gave is taken.
    pub fn clear_effects(&mut self) {
        self.effects.clear();
    }

    /// Whether it notes its effects, as it does from the beginning: not if nobody takes them.
    pub fn set_recording(&mut self, records: bool) {
        self.effects.set_noted(records);
    }

    /// Whether [`Self::take_changed`] or [`Self::take_changed_databases`] has something.
    #[inline]
    #[must_use]
    pub const fn has_changed(&self) -> bool {
        !self.changed.is_empty() || self.changed_databases != 0
    }

    /// Which keys were changed since it was asked last.
    pub fn take_changed(&mut self) -> Vec<DatabaseKey> {
        std::mem::take(&mut self.changed)
    }

    /// What is to be published to those who subscribed to changes of keys.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// A key is looked for soon, probably: what is needed for that is fetched meanwhile.
    #[inline]
    pub fn announce(&self, database: usize, key: &[u8]) {
        self.databases[database].announce(key);
    }

    /// Whether databases were emptied since it was asked last, be it that there was nothing in them.
    pub fn take_flushed(&mut self) -> bool {
        std::mem::take(&mut self.flushed)
    }

    /// Whether there is nothing to be told: neither changes, nor notices.
    #[inline]
    #[must_use]
    pub const fn has_no_news(&self) -> bool {
        self.changed.is_empty()
            && self.changed_databases == 0
            && !self.flushed
            && self.notices.is_empty()
    }

    /// A key that has not expired. Its use is noted.
    #[inline]
    pub(crate) fn find(&mut self, database: usize, key: &[u8]) -> Option<Found> {
        self.remember(database, key);
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
        let found = self.alive(database, key);
        if self.counts_looks {
            self.counts.looked(found.is_some());
        }
        if found.is_none() {
            self.missed(database, key);
        }
        found
    }

    #[inline]
    fn alive(&mut self, database: usize, key: &[u8]) -> Option<Found> {
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
        self.effects.note(database, &Effect::Remove { key });
        self.changed(database, key);
        true
    }

    /// Sets when a key expires, if it is there.
    pub(crate) fn expire_at(&mut self, database: usize, key: &[u8], expiry: Option<i64>) -> bool {
        let Some(found) = self.databases[database].find(key) else {
            return false;
        };
        self.databases[database].set_expiry(key, &found, expiry);
        self.effects.note(database, &Effect::Expire { key, expiry });
        self.changed_in_place(database, key);
        true
    }
}
