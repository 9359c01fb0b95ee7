//! What memcached's clients know of strings and Redis does not: their flags, a number for each change, and who is to renew them.
//!
//! It is kept beside the strings, and only of those of which there is something to keep. Whoever changes a key in another way than
//! a client of memcached ends what was noted: the string is a new one. Only what is changed in place, and what gets another expiry,
//! keeps its flags.

use std::collections::HashMap;
use std::sync::Arc;

use super::Partition;
use crate::effect::Effect;

/// The database whose strings memcached's clients see.
pub const ITEMS: usize = 0;

/// What is noted of a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// A client's own, of which nothing else knows what they mean.
    pub flags: u32,
    /// It becomes a larger one with every change of the string; 0 until somebody asks for it.
    pub cas: u64,
    /// Somebody said that the string is not up to date any more.
    pub is_stale: bool,
    /// Somebody was told to renew it.
    pub is_won: bool,
    /// Somebody has read it.
    pub was_read: bool,
}

/// What is noted of all strings of a partition. A copy costs nothing before either is changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    by_key: Arc<HashMap<Box<[u8]>, Note>>,
    key_bytes: usize,
}

impl Notes {
    fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub(crate) fn of(&self, key: &[u8]) -> Note {
        self.by_key.get(key).copied().unwrap_or_default()
    }

    fn set(&mut self, key: &[u8], note: Note) {
        if self.of(key) == note {
            return;
        }
        let by_key = Arc::make_mut(&mut self.by_key);
        if note == Note::default() {
            by_key.remove(key);
            self.key_bytes -= key.len();
        } else if by_key.insert(key.into(), note).is_none() {
            self.key_bytes += key.len();
        }
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn allocated(&self) -> usize {
        self.key_bytes + self.by_key.capacity() * (size_of::<(Box<[u8]>, Note)>() + 1)
    }
}

impl Partition {
    /// What is noted of all.
    pub(crate) fn notes(&self) -> Notes {
        self.notes.clone()
    }

    /// What is noted of a string.
    pub(crate) fn note(&self, key: &[u8]) -> Note {
        self.notes.of(key)
    }

    /// Notes it, of a string that is there.
    pub(crate) fn set_note(&mut self, key: &[u8], note: Note) {
        if self.note(key) == note {
            return;
        }
        // Whoever takes over gives no number again.
        self.changes = self.changes.max(note.cas);
        self.notes.set(key, note);
        self.effects.note(ITEMS, &Effect::Note { key, note });
    }

    /// A number that none of these strings has had.
    pub(crate) const fn next_cas(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// A string was changed, or is another one: what was noted of it is over.
    #[inline]
    pub(super) fn end_note(&mut self, database: usize, key: &[u8]) {
        if database == ITEMS && !self.notes.is_empty() {
            self.notes.set(key, Note::default());
        }
    }

    /// As [`Self::changed`], of a string that is the same but for some bytes or for its expiry: its flags stay.
    pub(super) fn changed_in_place(&mut self, database: usize, key: &[u8]) {
        let flags = match database {
            ITEMS => self.notes.of(key).flags,
            _ => 0,
        };
        self.changed(database, key);
        if flags != 0 {
            let note = Note {
                flags,
                ..Note::default()
            };
            self.notes.set(key, note);
        }
    }

    /// All keys of the database may be others.
    pub(super) fn end_notes(&mut self, database: usize) {
        if database == ITEMS {
            self.notes = Notes::default();
        }
    }
}
