//! What memcached's clients know of strings and Redis does not: their flags, a number for each change, and who is to renew them.
//!
//! It is kept beside the strings, and only of those of which there is something to keep. Whoever changes a key in another way than
//! a client of memcached ends what was noted: the string is a new one. Only what is changed in place, and what gets another expiry,
//! keeps its flags.

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

impl Partition {
    /// What is noted of a string.
    pub(crate) fn note(&self, key: &[u8]) -> Note {
        self.notes.get(key).copied().unwrap_or_default()
    }

    /// Notes it, of a string that is there.
    pub(crate) fn set_note(&mut self, key: &[u8], note: Note) {
        if self.note(key) == note {
            return;
        }
        // Whoever takes over gives no number again.
        self.changes = self.changes.max(note.cas);
        if note == Note::default() {
            self.notes.remove(key);
        } else {
            self.notes.insert(key.into(), note);
        }
        Effect::Note { key, note }.write(ITEMS, &mut self.effects);
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
            self.notes.remove(key);
        }
    }

    /// As [`Self::changed`], of a string that is the same but for some bytes or for its expiry: its flags stay.
    pub(super) fn changed_in_place(&mut self, database: usize, key: &[u8]) {
        let flags = match self.notes.get(key) {
            Some(note) if database == ITEMS => note.flags,
            _ => 0,
        };
        self.changed(database, key);
        if flags != 0 {
            let note = Note {
                flags,
                ..Note::default()
            };
            self.notes.insert(key.into(), note);
        }
    }

    /// All keys of the database may be others.
    pub(super) fn end_notes(&mut self, database: usize) {
        if database == ITEMS {
            self.notes.clear();
        }
    }

    /// Bytes that are asked of the allocator.
    pub(super) fn noted_bytes(&self) -> usize {
        let keys: usize = self.notes.keys().map(|key| key.len()).sum();
        keys + self.notes.capacity() * (size_of::<(Box<[u8]>, Note)>() + 1)
    }
}
