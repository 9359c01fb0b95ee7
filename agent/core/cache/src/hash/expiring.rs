//! Which fields of a large hash expire, and when.

use crate::keyspace::Expiries;
use crate::table::Table;

/// Fields that expire, each with its time in Unix milliseconds.
///
/// Invariant: the bucket of a field is noted in `soonest` no later than the field expires, until [`Self::due`] told of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Expiring {
    times: Table,
    soonest: Expiries,
}

impl Expiring {
    pub(super) const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    pub(super) fn allocated(&self) -> usize {
        self.times.allocated() + self.soonest.allocated() + size_of::<Self>()
    }

    /// Before then nothing expires.
    pub(super) fn soonest(&self) -> Option<i64> {
        self.soonest.next()
    }

    /// When a field expires.
    pub(super) fn time(&self, hash: u64, field: &[u8]) -> Option<i64> {
        self.times.get(hash, field).map(time)
    }

    /// How many have expired.
    pub(super) fn expired(&self, now: i64) -> usize {
        let times = self.times.iter().map(|(.., at)| time(at));
        times.filter(|at| *at < now).count()
    }

    /// A field expires then.
    pub(super) fn set(&mut self, hash: u64, field: &[u8], at: i64, rehash: impl Fn(&[u8]) -> u64) {
        let room = match self.times.find(hash, field) {
            Some(place) => self.times.value_mut(place),
            None => self.times.insert(hash, field, size_of::<i64>()),
        };
        room.copy_from_slice(&at.to_le_bytes());
        self.soonest.note(self.times.bucket_of(hash), at);
        while let Some(bucket) = self.times.to_divide() {
            self.soonest.copy(bucket, self.times.buckets());
            self.times.grow(&rehash);
        }
    }

    /// A field does not expire.
    pub(super) fn remove(&mut self, hash: u64, field: &[u8], rehash: impl Fn(&[u8]) -> u64) {
        let Some(place) = self.times.find(hash, field) else {
            return;
        };
        self.times.remove(place);
        while let Some(bucket) = self.times.to_join() {
            self.soonest.copy(self.times.buckets() - 1, bucket);
            self.times.shrink(&rehash);
        }
    }

    /// Fields that expired, not many more than so many. They are told once: who asks removes them.
    pub(super) fn due(&mut self, now: i64, most: usize) -> Vec<Box<[u8]>> {
        let mut due = Vec::new();
        while due.len() < most
            && let Some(bucket) = self.soonest.due(now)
        {
            if bucket >= self.times.buckets() {
                continue;
            }
            for (_, field, at) in self.times.bucket(bucket) {
                match time(at) {
                    at if at < now => due.push(field.into()),
                    at => self.soonest.note(bucket, at),
                }
            }
        }
        due
    }
}

fn time(value: &[u8]) -> i64 {
    i64::from_le_bytes(value.try_into().expect("eight bytes"))
}
