//! Files for Redis of what is in partitions.

use crate::eviction::Access;
use crate::keyspace::{Found, Header, Keyspace, Kind};
use crate::partition::DATABASES;
use crate::pinned::{Pinned, walk};
use crate::rdb::{About, File, Value};
use crate::whole;

/// What a file is written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Export {
    /// The version of the format: 10 is read by Redis 7.0 and all later ones, 11 by 7.2, 12 by 7.4.
    pub version: u16,
    /// In Unix milliseconds. What has expired by then is left out.
    pub now: i64,
}

/// What came into a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many keys.
    pub keys: usize,
    /// Of those, hashes whose fields expire, which the version cannot say: in the file they do not.
    pub without_field_expiries: usize,
}

/// Since this version fields of hashes can expire.
const VERSION_WITH_FIELD_EXPIRIES: u16 = 12;

impl Export {
    /// Writes all keys of these partitions.
    ///
    /// # Errors
    /// What `give` fails with, which ends it.
    pub fn write<E>(
        self,
        partitions: &[Pinned],
        give: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Exported, E> {
        let mut exported = Exported::default();
        let mut file = File::begin(self.version, give);
        file.note("redis-ver", "7.2.4");
        file.note("redis-bits", "64");
        file.note("ctime", &(self.now / 1000).to_string());
        file.note("aof-base", "0");
        for database in 0..DATABASES {
            let keyspaces = || partitions.iter().map(|it| &it.databases()[database]);
            let keys = keyspaces().map(Keyspace::len).sum();
            if keys == 0 {
                continue;
            }
            let expiring = keyspaces().map(Keyspace::expiring).sum();
            file.database(database, keys, expiring);
            for partition in partitions {
                let keyspace = &partition.databases()[database];
                for met in walk(keyspace) {
                    let Some(value) = self.value(keyspace, &met.found, &mut exported) else {
                        continue;
                    };
                    let about = about(&met.found.header, partition.access());
                    let is_small = met.found.header.shown == 0;
                    file.key(met.key, &value, &about, is_small)?;
                    exported.keys += 1;
                }
            }
        }
        file.end()?;
        Ok(exported)
    }

    /// What is under a key, if it has not expired.
    fn value<'a>(
        self,
        keyspace: &'a Keyspace,
        found: &Found,
        exported: &mut Exported,
    ) -> Option<Value<'a>> {
        let is_over = |at: i64| at < self.now;
        if found.header.expiry.is_some_and(is_over) {
            return None;
        }
        let mut value = whole::value(keyspace, found);
        if let Value::Hash(fields) = &mut value {
            fields.retain(|field| !field.expiry.is_some_and(is_over));
            if fields.is_empty() {
                return None;
            }
            let expire = fields.iter().any(|field| field.expiry.is_some());
            if expire && self.version < VERSION_WITH_FIELD_EXPIRIES {
                exported.without_field_expiries += 1;
                fields.iter_mut().for_each(|field| field.expiry = None);
            }
        }
        Some(value)
    }
}

fn about(header: &Header, access: Access<'_>) -> About {
    let policy = access.settings.policy;
    let (idle_seconds, frequency) = if policy.counts_uses() {
        (None, Some(access.frequency(header.access)))
    } else {
        (Some(u64::from(access.idle_seconds(header.access))), None)
    };
    debug_assert!(header.kind != Kind::String || !header.large);
    About {
        expiry: header.expiry,
        idle_seconds,
        frequency,
    }
}
