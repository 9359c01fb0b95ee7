//! What of a keyspace expires, and when.

use super::{Found, Header, Keyspace, Kind, Objects};
use crate::collection::Object;
use crate::hash;
use crate::random::Random;
use crate::table::Place;

/// What expired.
#[derive(Debug)]
pub(crate) enum Due {
    /// A key.
    Key(Box<[u8]>),
    /// Fields of the hash under a key.
    Fields(Box<[u8]>),
}

impl Keyspace {
    /// What expired, of one bucket; nothing when there is nothing that did.
    pub(crate) fn due(&mut self, now: i64) -> Option<Vec<Due>> {
        while let Some(bucket) = self.expiries.due(now) {
            if bucket >= self.table.buckets() {
                continue;
            }
            let mut due = Vec::new();
            for (_, key, value) in self.table.bucket(bucket) {
                let (header, value) = Header::split(value);
                let fields = soonest(&self.objects, &header, value);
                let is_due = |at: i64| at < now;
                if header.expiry.is_some_and(is_due) {
                    due.push(Due::Key(key.into()));
                    continue;
                }
                if fields.is_some_and(is_due) {
                    due.push(Due::Fields(key.into()));
                }
                let later = header.expiry.into_iter().chain(fields);
                for at in later.filter(|at| *at >= now) {
                    self.expiries.note(bucket, at);
                }
            }
            if !due.is_empty() {
                return Some(due);
            }
        }
        None
    }

    /// Before then no field of a hash expires.
    #[inline]
    pub(crate) fn soonest_field(&self, found: &Found) -> Option<i64> {
        soonest(&self.objects, &found.header, self.value(found))
    }

    /// Fields of a hash that expired, not many more than so many. Who asks removes them.
    pub(crate) fn due_fields(&mut self, found: &Found, now: i64, most: usize) -> Vec<Box<[u8]>> {
        if !found.header.large {
            return hash::due(self.value(found), now);
        }
        let number = self.number(found);
        let Some(Object::Hash(hash)) = self.objects.get_mut(number) else {
            return Vec::new();
        };
        let due = hash.due(now, most);
        if let Some(at) = hash.soonest() {
            self.expiries.note(found.at.bucket(), at);
        }
        due
    }

    /// A key that expires, any of them about as often as another.
    pub(crate) fn random_expiring(&self, random: &mut Random) -> Option<Place> {
        if self.expiring == 0 {
            return None;
        }
        let start = random.below(self.table.buckets());
        let buckets = self.expiries.buckets(start, self.table.buckets());
        let expires = |value: &[u8]| Header::split(value).0.expiry.is_some();
        buckets.into_iter().find_map(|bucket| {
            let entries = self.table.bucket(bucket);
            let places = entries.filter(|(_, _, value)| expires(value));
            let places: Vec<_> = places.map(|(at, ..)| at).collect();
            (!places.is_empty()).then(|| places[random.below(places.len())])
        })
    }

    /// When [`Self::due`] may have something next.
    pub(crate) fn next_expiry(&self) -> Option<i64> {
        self.expiries.next()
    }
}

/// Before then no field of a hash expires; nothing, if none ever does.
fn soonest(objects: &Objects, header: &Header, value: &[u8]) -> Option<i64> {
    if header.kind != Kind::Hash {
        return None;
    }
    if !header.large {
        return hash::soonest(value);
    }
    let number = u32::from_le_bytes(value.try_into().expect("four bytes"));
    objects
        .get(number as usize)
        .as_ref()
        .and_then(Object::soonest)
}
