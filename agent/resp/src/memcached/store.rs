//! How an item is stored, by text commands and meta commands alike.

use synod_cache::item::{Item, Lifetime, Note, Place};
use synod_cache::keys::Keys;

use super::ITEM_BYTES_MAX;
use super::number::{Expiry, expiry};
use super::request::How;

/// What is to be stored.
pub(super) struct Storing<'a> {
    pub(super) how: How,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) flags: u32,
    /// As clients say it.
    pub(super) expires: i64,
    /// Only if that is its number.
    pub(super) cas: Option<u64>,
    /// If its number is larger than that, it is stored all the same, but as stale.
    pub(super) may_be_stale: bool,
    /// The number from then on, if not the next one.
    pub(super) new_cas: Option<u64>,
    /// What is added to something makes it, if there is nothing: then it expires so.
    pub(super) vivified: Option<i64>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    Yes,
    No,
    /// Its number is another one.
    Exists,
    NotFound,
    TooLarge,
}

impl Storing<'_> {
    pub(super) fn store(&self, keys: &mut Keys<'_>) -> Stored {
        let current = self.cas.and_then(|_| current_cas(keys, self.key));
        match keys.item(self.key) {
            Place::Free => self.store_new(keys),
            Place::Taken if self.cas.is_some() => Stored::Exists,
            Place::Taken if self.how == How::Set => self.put(keys, self.expires),
            Place::Taken => Stored::No,
            Place::Item(item) => match (self.cas, current) {
                (Some(cas), Some(current)) if cas != current => {
                    if !self.may_be_stale || cas > current {
                        return Stored::Exists;
                    }
                    let is_won = item.note.is_won;
                    self.put_stale(keys, is_won)
                }
                _ => self.store_over(keys),
            },
        }
    }

    fn store_new(&self, keys: &mut Keys<'_>) -> Stored {
        if self.cas.is_some() {
            return Stored::NotFound;
        }
        match (self.how, self.vivified) {
            (How::Set | How::Add, _) => self.put(keys, self.expires),
            (How::Append | How::Prepend, Some(expires)) => self.put(keys, expires),
            _ => Stored::No,
        }
    }

    fn store_over(&self, keys: &mut Keys<'_>) -> Stored {
        match self.how {
            How::Add => Stored::No,
            How::Set | How::Replace => self.put(keys, self.expires),
            How::Append | How::Prepend => self.join(keys),
        }
    }

    fn put(&self, keys: &mut Keys<'_>, expires: i64) -> Stored {
        match expiry(expires, keys.time()) {
            // It is over before anybody sees it.
            Expiry::Past => drop(keys.remove_item(self.key)),
            until => {
                let lifetime = Lifetime::Until(until.until().flatten());
                keys.put_item(self.key, &[self.value], lifetime, self.note());
            }
        }
        Stored::Yes
    }

    /// It keeps when it expires, and whether somebody was told to renew it.
    fn put_stale(&self, keys: &mut Keys<'_>, is_won: bool) -> Stored {
        let note = Note {
            is_stale: true,
            is_won,
            ..self.note()
        };
        keys.put_item(self.key, &[self.value], Lifetime::Kept, note);
        Stored::Yes
    }

    /// What was there keeps its flags, and when it expires.
    fn join(&self, keys: &mut Keys<'_>) -> Stored {
        let Place::Item(Item { value, note, .. }) = keys.item(self.key) else {
            return Stored::No;
        };
        if self.key.len() + value.len() + self.value.len() > ITEM_BYTES_MAX {
            return Stored::TooLarge;
        }
        let joined = if self.how == How::Append {
            [value, self.value].concat()
        } else {
            [self.value, value].concat()
        };
        let note = Note {
            flags: note.flags,
            ..self.note()
        };
        keys.put_item(self.key, &[&joined], Lifetime::Kept, note);
        Stored::Yes
    }

    fn note(&self) -> Note {
        Note {
            flags: self.flags,
            cas: self.new_cas.unwrap_or_default(),
            ..Note::default()
        }
    }
}

/// The number of an item, if there is one.
pub(super) fn current_cas(keys: &mut Keys<'_>, key: &[u8]) -> Option<u64> {
    match keys.item(key) {
        Place::Item(_) => Some(keys.cas(key)),
        _ => None,
    }
}
