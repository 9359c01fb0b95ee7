//! Strings under keys.

use super::{Expiry, Partition, WrongKind};
use crate::effect::Effect;
use crate::keyspace::{Found, Header, Kind};
use crate::string::{self, StringView};

impl Partition {
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
            Expiry::None | Expiry::At(_) => self.replaced(database, key),
        };
        if found.is_some() {
            self.remember(database, key);
        } else {
            self.is_new(database, key);
        }
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
        self.effects.note_put(database, key, &header, parts);
        self.changed(database, key);
    }

    /// What a new value is put in the place of. What expired goes first, and that is told.
    #[inline]
    fn replaced(&mut self, database: usize, key: &[u8]) -> Option<Found> {
        let found = self.databases[database].find(key)?;
        if self.is_primary && self.is_over(found.header.expiry) {
            self.expired(database, key);
            return None;
        }
        Some(found)
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
        let found = self.databases[database].find(key);
        if found.is_none() {
            self.is_new(database, key);
        }
        let keyspace = &mut self.databases[database];
        let found = found.unwrap_or_else(|| {
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
        self.effects.note(database, &effect);
        self.changed_in_place(database, key);
    }

    /// The string under a key, which is there, is shown as [`string::RAW`] from then on. Nobody is told: it is the same string.
    pub(crate) fn show_raw(&mut self, database: usize, key: &[u8]) {
        let Some(found) = self.look(database, key) else {
            return;
        };
        if found.header.shown == string::RAW {
            return;
        }
        let header = Header {
            shown: string::RAW,
            ..found.header
        };
        self.databases[database].set_header(&found, &header);
        let effect = Effect::Splice {
            key,
            start: 0,
            removed: 0,
            with: &[],
        };
        self.effects.note(database, &effect);
    }
}
