//! Strings as memcached's clients see them: items, with flags and a number that grows with every change.
//!
//! An item is a string of database 0, which Redis's clients read and change as any other one. What else is known of it is a
//! [`Note`] beside it. A key with a value of another kind is no item, but its name is taken.

use crate::eviction::Access;
use crate::keys::Keys;
use crate::keyspace::Kind;
use crate::notice::Class;
use crate::partition::Expiry;
pub use crate::partition::{ITEMS, Note};

/// An item.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its bytes.
    pub value: &'a [u8],
    /// What else is known of it.
    pub note: Note,
    /// When it expires, in Unix milliseconds.
    pub expiry: Option<i64>,
    /// For how many seconds nobody used it.
    pub idle: u64,
}

/// What is under a key.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// An item.
    Item(Item<'a>),
    /// Something else, of which memcached knows nothing.
    Taken,
    /// Nothing.
    Free,
}

/// When an item that is stored expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// As before.
    Kept,
    /// Never, or at this time in Unix milliseconds.
    Until(Option<i64>),
}

impl Keys<'_> {
    /// What is under a key. It counts as used.
    pub fn item(&mut self, key: &[u8]) -> Place<'_> {
        let now = self.now();
        let partition = self.partition(key);
        let idle = match partition.look(ITEMS, key) {
            None => return Place::Free,
            Some(found) => idle(partition.access(), found.header.access),
        };
        let Some(found) = partition.find(ITEMS, key) else {
            return Place::Free;
        };
        if found.header.kind != Kind::String {
            return Place::Taken;
        }
        debug_assert!(found.header.expiry.is_none_or(|at| at >= now));
        Place::Item(Item {
            value: partition.value(ITEMS, &found),
            note: partition.note(key),
            expiry: found.header.expiry,
            idle,
        })
    }

    /// The number of an item's last change, which it has from now on if nobody asked before.
    pub fn cas(&mut self, key: &[u8]) -> u64 {
        let partition = self.partition(key);
        let mut note = partition.note(key);
        if note.cas == 0 {
            note.cas = partition.next_cas();
            partition.set_note(key, note);
        }
        note.cas
    }

    /// Stores an item, whatever was there: these parts, one after another, with this note. If its number is 0, it gets another one
    /// when somebody asks for it.
    pub fn put_item(&mut self, key: &[u8], parts: &[&[u8]], lifetime: Lifetime, note: Note) {
        let expiry = match lifetime {
            Lifetime::Kept => Expiry::Keep,
            Lifetime::Until(None) => Expiry::None,
            Lifetime::Until(Some(at)) => Expiry::At(at),
        };
        self.within(ITEMS, |keys| {
            keys.put_string(key, parts, expiry);
            keys.partition(key).set_note(key, note);
            keys.notify(Class::STRING, "set", key);
            if let Expiry::At(_) = expiry {
                keys.notify(Class::GENERIC, "expire", key);
            }
        });
    }

    /// Notes something of an item that is there.
    pub fn note_item(&mut self, key: &[u8], note: Note) {
        self.partition(key).set_note(key, note);
    }

    /// Sets when an item that is there expires. Nothing else of it changes, its number neither.
    pub fn touch_item(&mut self, key: &[u8], expiry: Option<i64>) {
        let note = self.partition(key).note(key);
        self.within(ITEMS, |keys| {
            keys.expire_at(key, expiry);
            keys.partition(key).set_note(key, note);
            let event = if expiry.is_some() {
                "expire"
            } else {
                "persist"
            };
            keys.notify(Class::GENERIC, event, key);
        });
    }

    /// Removes what is under a key; whether there was something.
    pub fn remove_item(&mut self, key: &[u8]) -> bool {
        self.within(ITEMS, |keys| {
            let was_there = keys.remove(key);
            if was_there {
                keys.notify(Class::GENERIC, "del", key);
            }
            was_there
        })
    }

    /// How many keys there are that memcached's clients could see.
    pub fn item_count(&mut self) -> usize {
        let now = self.now();
        let partitions = self.partitions();
        let counts = partitions.map(|partition| partition.keyspace(ITEMS).alive(now).count());
        counts.sum()
    }

    /// Removes all of these partitions' keys that memcached's clients see.
    pub fn remove_items(&mut self) {
        for partition in self.partitions() {
            partition.flush(ITEMS);
        }
    }

    /// What time it is, in Unix milliseconds.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.now()
    }
}

/// For how many seconds nobody used it; 0 if not that is noted.
fn idle(access: Access<'_>, noted: u32) -> u64 {
    if access.settings.policy.counts_uses() {
        return 0;
    }
    access.idle_seconds(noted).into()
}
