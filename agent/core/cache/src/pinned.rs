//! A partition as it was at a moment, to be read while the partition goes on.

use std::sync::Arc;

use crate::effect::Effect;
use crate::eviction::{Access, Settings};
use crate::keyspace::{Found, Header, Keyspace, Kind};
use crate::partition::{ITEMS, Note, Notes, Partition};
use crate::rdb::{self, Form, Value};
use crate::whole;

/// A partition as it was when it was pinned.
///
/// It costs little to have: what it shows is the partition's own memory, which is copied, node by node, as the partition changes.
#[derive(Debug)]
pub struct Pinned {
    databases: Vec<Keyspace>,
    now: i64,
    settings: Settings,
    notes: Notes,
    functions: Arc<[u8]>,
}

/// A key that a walk came to.
pub(crate) struct Met<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) found: Found,
}

impl Partition {
    /// As it is now. What waits in its effects is in it already.
    pub fn pin(&mut self) -> Pinned {
        Pinned {
            now: self.now(),
            settings: self.settings().clone(),
            notes: self.notes(),
            functions: Arc::clone(self.functions()),
            databases: self.pin_databases(),
        }
    }
}

impl Pinned {
    /// How many keys there are.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.databases.iter().map(Keyspace::len).sum()
    }

    /// Effects that make of an empty partition what this one was, in pieces of about so many bytes, unless a string is longer.
    ///
    /// # Errors
    /// What `give` fails with, which ends it.
    pub fn pieces<E>(
        &self,
        bytes_max: usize,
        mut give: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut piece = Vec::with_capacity(bytes_max);
        if !self.functions.is_empty() {
            let payload = &*self.functions;
            Effect::Functions { payload }.write(0, &mut piece);
        }
        for (database, keyspace) in self.databases.iter().enumerate() {
            for met in walk(keyspace) {
                write(database, keyspace, &met, bytes_max, &mut piece, &mut give)?;
                self.write_note(database, &met, &mut piece);
                if piece.len() >= bytes_max {
                    give(&piece)?;
                    piece.clear();
                    piece.shrink_to(2 * bytes_max);
                }
            }
        }
        if piece.is_empty() {
            Ok(())
        } else {
            give(&piece)
        }
    }

    /// What is noted of a string, if anything is.
    fn write_note(&self, database: usize, met: &Met<'_>, piece: &mut Vec<u8>) {
        let note = self.notes.of(met.key);
        if database == ITEMS && note != Note::default() {
            Effect::Note { key: met.key, note }.write(database, piece);
        }
    }

    pub(crate) fn databases(&self) -> &[Keyspace] {
        &self.databases
    }

    /// What is noted of the use of keys.
    pub(crate) const fn access(&self) -> Access<'_> {
        Access {
            settings: &self.settings,
            now: self.now,
        }
    }
}

/// All keys, those that have expired among them.
pub(crate) fn walk(keyspace: &Keyspace) -> impl Iterator<Item = Met<'_>> {
    keyspace.table().iter().map(|(at, key, value)| {
        let header = Header::split(value).0;
        let found = Found { at, header };
        Met { key, found }
    })
}

/// A key with its value, at the end of a piece; one that has become too long is given away.
fn write<E>(
    database: usize,
    keyspace: &Keyspace,
    met: &Met<'_>,
    bytes_max: usize,
    piece: &mut Vec<u8>,
    give: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let Met { key, found } = met;
    let header = found.header;
    if header.kind == Kind::String {
        Effect::put(piece, database, key, &header, &[keyspace.value(found)]);
        return Ok(());
    }
    let mut is_first = true;
    let mut body = Vec::new();
    whole::parts(keyspace, found, bytes_max, |part: Value<'_>| {
        body.clear();
        let form = Form {
            is_small: false,
            version: rdb::VERSION_MAX,
            compresses: false,
        };
        if is_first {
            body.push(header.shown);
        }
        rdb::write(&part, form, &mut body);
        let (expiry, value) = (header.expiry, body.as_slice());
        let effect = if std::mem::take(&mut is_first) {
            Effect::Whole { key, expiry, value }
        } else {
            Effect::More { key, value }
        };
        effect.write(database, piece);
        if piece.len() < bytes_max {
            return Ok(());
        }
        let given = give(piece);
        piece.clear();
        given
    })
}
