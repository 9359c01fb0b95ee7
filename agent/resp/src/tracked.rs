//! Keys of a partition of which clients keep copies, and who they are.

use std::collections::HashMap;
use std::sync::Arc;

/// A client, and of which thread it is.
pub(crate) type Reader = (usize, u64);

/// Invariants:
/// 1. `places` has the place of each entry under its key, and nothing else.
/// 2. No entry is without readers, and no reader is there twice.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    places: HashMap<Arc<[u8]>, usize>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Arc<[u8]>,
    pub(crate) readers: Readers,
}

/// Most keys are read by few.
#[derive(Debug)]
pub(crate) enum Readers {
    Few(Vec<Reader>),
    Many(HashMap<u64, usize>),
}

/// So many are few.
const FEW: usize = 8;

impl Readers {
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len(),
        }
    }

    /// Whether it is a new one.
    fn add(&mut self, (thread, client): Reader) -> bool {
        match self {
            Self::Few(few) if few.contains(&(thread, client)) => false,
            Self::Few(few) if few.len() < FEW => {
                few.push((thread, client));
                true
            }
            Self::Few(few) => {
                let known = few.iter().map(|(thread, client)| (*client, *thread));
                *self = Self::Many(known.chain([(client, thread)]).collect());
                true
            }
            Self::Many(many) => many.insert(client, thread).is_none(),
        }
    }

    /// The clients of each of so many threads.
    pub(crate) fn of_threads(&self, threads: usize) -> Vec<Vec<u64>> {
        let mut all = vec![Vec::new(); threads];
        match self {
            Self::Few(few) => few
                .iter()
                .for_each(|(thread, client)| all[*thread].push(*client)),
            Self::Many(many) => many
                .iter()
                .for_each(|(client, thread)| all[*thread].push(*client)),
        }
        all
    }
}

impl Tracked {
    /// How many keys are known, and how many readers of them.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let readers = self.entries.iter().map(|entry| entry.readers.count());
        (self.entries.len(), readers.sum())
    }

    /// A client read a key: whether the key is a new one, and whether the client is, for this key.
    pub(crate) fn add(&mut self, key: &[u8], reader: Reader) -> (bool, bool) {
        if let Some(place) = self.places.get(key) {
            return (false, self.entries[*place].readers.add(reader));
        }
        let key: Arc<[u8]> = key.into();
        self.places.insert(Arc::clone(&key), self.entries.len());
        let readers = Readers::Few(vec![reader]);
        self.entries.push(Entry { key, readers });
        (true, true)
    }

    /// A key was changed: who read it. It is known no more.
    pub(crate) fn take(&mut self, key: &[u8]) -> Option<Entry> {
        let place = self.places.remove(key)?;
        let entry = self.entries.swap_remove(place);
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(Arc::clone(&moved.key), place);
        }
        Some(entry)
    }

    /// Any key, which is known no more.
    pub(crate) fn take_any(&mut self, random: u64) -> Option<Entry> {
        let count = self.entries.len() as u64;
        let place = random.checked_rem(count)? as usize;
        let key = Arc::clone(&self.entries[place].key);
        self.take(&key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn readers(entry: &Entry) -> BTreeSet<u64> {
        let all = entry.readers.of_threads(2).into_iter().flatten();
        let readers: Vec<_> = all.collect();
        let different: BTreeSet<_> = readers.iter().copied().collect();
        assert_eq!(readers.len(), different.len());
        different
    }

    #[test]
    fn it_is_as_a_map_of_sets() {
        let mut model: BTreeMap<Vec<u8>, BTreeSet<u64>> = BTreeMap::new();
        let mut tracked = Tracked::default();
        let mut random: u64 = 1;
        let mut next = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) % below
        };
        for _ in 0..20_000 {
            let key = format!("k{}", next(20)).into_bytes();
            match next(20) {
                0 => {
                    let taken = tracked.take(&key);
                    let expected = model.remove(&key);
                    assert_eq!(taken.as_ref().map(readers), expected);
                }
                1 => {
                    let taken = tracked.take_any(next(1 << 30));
                    let expected = taken.as_ref().and_then(|it| model.remove(&*it.key));
                    assert_eq!(taken.as_ref().map(readers), expected);
                }
                _ => {
                    let client = next(30);
                    let is_new = !model.contains_key(&key);
                    let is_added = model.entry(key.clone()).or_default().insert(client);
                    let reader = (client as usize % 2, client);
                    assert_eq!(tracked.add(&key, reader), (is_new, is_added));
                }
            }
            let counts = (model.len(), model.values().map(BTreeSet::len).sum());
            assert_eq!(tracked.counts(), counts);
        }
    }
}
