//! Values that go from one key to another, whole.

use super::Partition;
use crate::effect::Effect;
use crate::hash::Hash;
use crate::keyspace::{Found, Header, Kind};
use crate::list::List;
use crate::rdb;
use crate::set::Set;
use crate::sorted_set::SortedSet;
use crate::stream::Stream;
use crate::whole::{self, Built, Extended, Unfit};
use crate::wire::Corrupt;

impl Partition {
    /// Puts the value of a key, which is there, with its expiry under another one of a database, whatever was there. The first
    /// one goes, or keeps it. A large collection is not copied for it.
    pub(crate) fn carry(&mut self, database: usize, key: &[u8], to: (usize, &[u8]), keeps: bool) {
        let new = self.access().first();
        let keyspace = &mut self.databases[database];
        let found = keyspace.find(key).expect("who asks found it");
        let (kept, header) = if keeps {
            let header = Header {
                access: new,
                ..found.header
            };
            (keyspace.copy(&found), header)
        } else {
            (keyspace.take_out(&found), found.header)
        };
        self.databases[to.0].put_kept(to.1, &header, kept);
        self.effects
            .note(database, &Effect::Carry { key, to, keeps });
        if !keeps {
            self.changed(database, key);
        }
        self.changed(to.0, to.1);
    }

    pub(super) fn apply_carry(
        &mut self,
        database: usize,
        key: &[u8],
        to: (usize, &[u8]),
        keeps: bool,
    ) -> Result<(), Corrupt> {
        let is_itself = (database, key) == to;
        if is_itself || self.databases[database].find(key).is_none() {
            return Err(Corrupt);
        }
        self.carry(database, key, to, keeps);
        Ok(())
    }

    /// The expiry and the value of a key, which is there, for [`Self::put_own_whole`] of another partition.
    pub(crate) fn whole(&self, database: usize, key: &[u8]) -> (Option<i64>, Vec<u8>) {
        let keyspace = &self.databases[database];
        let found = keyspace.find(key).expect("who asks found it");
        let mut bytes = vec![found.header.shown];
        let value = whole::value(keyspace, &found);
        let form = rdb::Form {
            is_small: found.header.shown == 0,
            version: rdb::VERSION_MAX,
            compresses: false,
        };
        rdb::write(&value, form, &mut bytes);
        (found.header.expiry, bytes)
    }

    /// What `DUMP` answers: type and body of a value.
    pub(crate) fn dumped(&self, database: usize, found: &Found) -> Vec<u8> {
        let value = whole::value(&self.databases[database], found);
        let form = rdb::Form {
            is_small: found.header.shown == 0,
            version: rdb::VERSION_WRITTEN,
            compresses: true,
        };
        let mut bytes = Vec::new();
        rdb::write(&value, form, &mut bytes);
        bytes
    }

    /// Puts a value under a key of a database, whatever was there, that [`Self::whole`] of another partition gave.
    pub(crate) fn put_own_whole(&mut self, to: (usize, &[u8]), expiry: Option<i64>, value: &[u8]) {
        let built = self.built(value).expect("it was written here");
        self.put_whole(to.0, to.1, expiry, built, value);
    }

    pub(super) fn apply_whole(
        &mut self,
        database: usize,
        key: &[u8],
        expiry: Option<i64>,
        value: &[u8],
    ) -> Result<(), Corrupt> {
        let built = self.built(value).map_err(|_| Corrupt)?;
        self.put_whole(database, key, expiry, built, value);
        Ok(())
    }

    /// The elements of a value come to those under a key.
    pub(super) fn apply_more(
        &mut self,
        database: usize,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), Corrupt> {
        let read = rdb::read(value).map_err(|_| Corrupt)?;
        let found = self.databases[database].find(key).ok_or(Corrupt)?;
        match found.header.kind {
            Kind::String => return Err(Corrupt),
            Kind::Hash => self.extend::<Hash>(database, key, &found, &read)?,
            Kind::List => self.extend::<List>(database, key, &found, &read)?,
            Kind::Set => self.extend::<Set>(database, key, &found, &read)?,
            Kind::SortedSet => self.extend::<SortedSet>(database, key, &found, &read)?,
            Kind::Stream => self.extend::<Stream>(database, key, &found, &read)?,
        }
        self.effects.note(database, &Effect::More { key, value });
        self.changed(database, key);
        Ok(())
    }

    fn extend<C: Extended>(
        &mut self,
        database: usize,
        key: &[u8],
        found: &Found,
        with: &rdb::Value<'_>,
    ) -> Result<(), Corrupt> {
        let mut collection = self.open::<C>(database, found);
        let extended = collection.extend(with, &self.limits);
        self.close(database, key, Some(*found), collection, true);
        extended.map_err(|_| Corrupt)
    }

    fn built(&self, value: &[u8]) -> Result<Built, Unfit> {
        let (shown, body) = value.split_first().ok_or(Unfit)?;
        let mut built = whole::build(rdb::read(body)?, &self.limits)?;
        built.shown = shown & 3;
        Ok(built)
    }

    /// Puts a value under a key, whatever was there: a type and its body, as `DUMP` writes them.
    pub(crate) fn restore(
        &mut self,
        database: usize,
        key: &[u8],
        expiry: Option<i64>,
        body: &[u8],
    ) -> Result<(), Unfit> {
        let built = whole::build(rdb::read(body)?, &self.limits)?;
        let value = [&[built.shown], body].concat();
        self.put_whole(database, key, expiry, built, &value);
        Ok(())
    }

    /// Whether [`Self::restore`] would take it.
    pub(crate) fn check(&self, body: &[u8]) -> Result<(), Unfit> {
        whole::build(rdb::read(body)?, &self.limits).map(drop)
    }

    fn put_whole(
        &mut self,
        database: usize,
        key: &[u8],
        expiry: Option<i64>,
        built: Built,
        value: &[u8],
    ) {
        let header = Header {
            shown: built.shown,
            access: self.access().first(),
            expiry,
            ..Header::new(built.kind)
        };
        self.databases[database].put_kept(key, &header, built.kept);
        let effect = Effect::Whole { key, expiry, value };
        self.effects.note(database, &effect);
        self.changed(database, key);
    }

    /// What is noted of the use of a key when its value is replaced: how often it was used stays, and that is a use, too.
    pub(super) fn access_when_replaced(&mut self, found: Option<Found>) -> u32 {
        let counts = self.settings.policy.counts_uses();
        let is_used = |found: &Found| counts && !self.is_over(found.header.expiry);
        match found.filter(is_used) {
            Some(found) => self.touched(found.header.access),
            None => self.access().first(),
        }
    }

    /// Puts a key under which something else was saved, if its value can be.
    pub(crate) fn put_built(&mut self, database: usize, key: &[u8], header: Header, built: Built) {
        let header = Header {
            kind: built.kind,
            shown: built.shown,
            ..header
        };
        self.databases[database].put_kept(key, &header, built.kept);
        self.changed(database, key);
    }

    /// Notes of a key's use what is said of it.
    pub(crate) fn set_access(&mut self, database: usize, key: &[u8], access: u32) {
        let keyspace = &mut self.databases[database];
        if let Some(found) = keyspace.find(key) {
            keyspace.touch(&found, access);
        }
    }
}
