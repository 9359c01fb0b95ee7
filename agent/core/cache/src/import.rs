//! What other servers saved comes into partitions.

use crate::keyspace::{Header, Kind};
use crate::partition::{DATABASES, Partition};
use crate::rdb::{Record, Value};
use crate::whole;

/// What became of a key of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// It is there.
    Kept,
    /// A collection without elements, which older versions of Redis saved by mistake.
    Empty,
}

/// Why a key of a file cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unloadable {
    /// There is no such database here.
    #[error("key '{}' is in database {database}, and there are but {DATABASES}", .key.escape_ascii())]
    Database {
        /// The key.
        key: Vec<u8>,
        /// Its database.
        database: u64,
    },
    /// What is under the key is none of the values that can be.
    #[error("the value of key '{}' in database {database} has an element twice", .key.escape_ascii())]
    Value {
        /// The key.
        key: Vec<u8>,
        /// Its database.
        database: u64,
    },
}

impl Partition {
    /// Puts a key of a file here, whatever was under it, without an effect: whoever loads files writes a snapshot after
    /// that. If it has expired, it goes like any other.
    ///
    /// # Errors
    /// If that cannot be.
    pub fn load(&mut self, record: Record<'_>) -> Result<Loaded, Unloadable> {
        let (key, of) = (record.key, record.database);
        let database = usize::try_from(of).ok();
        let Some(database) = database.filter(|number| *number < DATABASES) else {
            let (key, database) = (key.into_owned(), of);
            return Err(Unloadable::Database { key, database });
        };
        if is_empty(&record.value) {
            return Ok(Loaded::Empty);
        }
        let access = self.access();
        let noted = if access.settings.policy.counts_uses() {
            record.frequency.map(|it| access.of_frequency(it))
        } else {
            record.idle_seconds.map(|it| access.of_idle(it))
        };
        let header = Header {
            access: noted.unwrap_or_else(|| access.first()),
            expiry: record.expiry,
            ..Header::new(Kind::String)
        };
        match whole::build(record.value, &self.limits) {
            Ok(built) => {
                self.put_built(database, &key, header, built);
                Ok(Loaded::Kept)
            }
            Err(whole::Unfit) => {
                let (key, database) = (key.into_owned(), of);
                Err(Unloadable::Value { key, database })
            }
        }
    }
}

fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::String(_) | Value::Stream(_) => false,
        Value::List(elements) | Value::Set(elements) => elements.is_empty(),
        Value::SortedSet(elements) => elements.is_empty(),
        Value::Hash(fields) => fields.is_empty(),
    }
}
