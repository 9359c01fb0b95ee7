//! Keys that go because memory is short.
//!
//! As Redis does it: of all keys a few are looked at, the best of those are remembered with the best of before, and the best of all
//! goes.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Partition;
use crate::eviction::{Access, COUNT_MAX, Candidate, Ranked, Sketch};
use crate::keyspace::{Header, Keyspace};
use crate::notice::Class;
use crate::random::Random;
use crate::table::Place;

impl Partition {
    /// Removes keys as the policy says until so many bytes of keys and values are gone; how many went. Fewer, if there is nothing
    /// more that may go.
    pub fn evict(&mut self, bytes_wanted: usize) -> usize {
        let mut gone = 0;
        while gone < bytes_wanted {
            let victim = match self.settings.policy.ranked() {
                Ranked::Never => None,
                Ranked::Alike => self.any_victim(),
                Ranked::Idle | Ranked::Rare | Ranked::Remembered | Ranked::Soon => {
                    self.best_victim()
                }
            };
            let Some((database, key)) = victim else {
                break;
            };
            gone += self.weight(database, &key);
            self.remove(database, &key);
            self.notify(database, Class::EVICTED, "evicted", &key);
            self.counts.evicted += 1;
        }
        gone
    }

    fn any_victim(&mut self) -> Option<(usize, Box<[u8]>)> {
        let is_volatile = self.settings.policy.is_volatile();
        let counts = self.databases.iter().map(|keyspace| {
            if is_volatile {
                keyspace.expiring()
            } else {
                keyspace.len()
            }
        });
        let all: usize = counts.clone().sum();
        if all == 0 {
            return None;
        }
        let mut number = self.random.below(all);
        let database = counts.into_iter().position(|count| {
            let is_it = number < count;
            number = number.saturating_sub(count);
            is_it
        })?;
        let at = sample(&self.databases[database], is_volatile, &mut self.random)?;
        let key = self.databases[database].table().entry(at).0;
        Some((database, key.into()))
    }

    fn best_victim(&mut self) -> Option<(usize, Box<[u8]>)> {
        loop {
            if !self.remember_candidates() {
                return None;
            }
            while let Some(candidate) = self.pool.take() {
                let keyspace = &self.databases[candidate.database];
                let found = keyspace.find(&candidate.key);
                let is_volatile = self.settings.policy.is_volatile();
                let may_go = |expiry: Option<i64>| !is_volatile || expiry.is_some();
                if found.is_some_and(|found| may_go(found.header.expiry))
                    && !self.is_remembered(&candidate)
                {
                    return Some((candidate.database, candidate.key));
                }
            }
        }
    }

    /// Whether a candidate was used since it was looked at, of those that are ranked by that.
    fn is_remembered(&self, candidate: &Candidate) -> bool {
        let Some(sketch) = &self.sketch else {
            return false;
        };
        let count = sketch.count(hash(candidate.database, &candidate.key));
        u64::from(COUNT_MAX - count) < candidate.rank >> RANK_SHIFT
    }

    /// A key is used, or looked for.
    #[inline]
    pub(super) fn remember(&mut self, database: usize, key: &[u8]) {
        if let Some(sketch) = &mut self.sketch
            && sketch.note(hash(database, key))
        {
            sketch.fit(self.databases.iter().map(Keyspace::len).sum());
        }
    }

    /// Looks at some keys of each database; whether there is one that may go.
    fn remember_candidates(&mut self) -> bool {
        let mut is_any = false;
        let access = Access {
            settings: &self.settings,
            now: self.now,
        };
        for (database, keyspace) in self.databases.iter().enumerate() {
            for _ in 0..access.settings.samples.max(1) {
                let is_volatile = access.settings.policy.is_volatile();
                let Some(at) = sample(keyspace, is_volatile, &mut self.random) else {
                    break;
                };
                is_any = true;
                let (key, value) = keyspace.table().entry(at);
                let header = Header::split(value).0;
                let rank = match &self.sketch {
                    None => rank(access, &header),
                    Some(sketch) => remembered(sketch, access, (database, key), &header),
                };
                if self.pool.takes(rank) {
                    self.pool.add(Candidate {
                        rank,
                        database,
                        key: key.into(),
                    });
                }
            }
        }
        is_any
    }
}

fn sample(keyspace: &Keyspace, is_volatile: bool, random: &mut Random) -> Option<Place> {
    if is_volatile {
        keyspace.random_expiring(random)
    } else {
        keyspace.table().random(|| random.next())
    }
}

/// The larger, the sooner it goes.
fn rank(access: Access<'_>, header: &Header) -> u64 {
    match access.settings.policy.ranked() {
        Ranked::Idle => u64::from(access.idle_seconds(header.access)),
        Ranked::Rare => u64::from(u8::MAX - access.frequency(header.access)),
        // Times before 1970 are as good as 1970.
        Ranked::Soon => {
            u64::MAX
                - header
                    .expiry
                    .map_or(u64::MAX, |at| at.max(0).unsigned_abs())
        }
        Ranked::Never | Ranked::Alike | Ranked::Remembered => 0,
    }
}

/// Behind the count of uses the time for which a key was not used decides.
const RANK_SHIFT: u32 = 32;

fn remembered(sketch: &Sketch, access: Access<'_>, key: (usize, &[u8]), header: &Header) -> u64 {
    let count = sketch.count(hash(key.0, key.1));
    let idle = u64::from(access.idle_seconds(header.access));
    u64::from(COUNT_MAX - count) << RANK_SHIFT | idle
}

fn hash(database: usize, key: &[u8]) -> u64 {
    xxh3_64_with_seed(key, database as u64)
}
