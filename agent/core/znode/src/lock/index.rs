//! The contenders of every lock in the order of their numbers: derived from the nodes, so not part of snapshots.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Mode;

/// A contender's place: by number, then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) number: i32,
    pub(crate) name: Box<str>,
}

/// All locks that have a contender.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    locks: BTreeMap<Box<str>, BTreeMap<Place, Mode>>,
}

impl Index {
    pub(crate) fn enter(&mut self, lock: &str, name: &str) {
        if let Some((number, mode)) = super::contender(name) {
            let name = name.into();
            let place = Place { number, name };
            match self.locks.get_mut(lock) {
                Some(places) => {
                    places.insert(place, mode);
                }
                None => {
                    self.locks
                        .insert(lock.into(), BTreeMap::from([(place, mode)]));
                }
            }
        }
    }

    /// Takes a contender out; true if it held the lock.
    pub(crate) fn leave(&mut self, lock: &str, name: &str) -> bool {
        let Some((number, _)) = super::contender(name) else {
            return false;
        };
        let Some(places) = self.locks.get_mut(lock) else {
            return false;
        };
        let place = Place {
            number,
            name: name.into(),
        };
        let held = holders(places).any(|(holder, _)| *holder == place);
        places.remove(&place);
        if places.is_empty() {
            self.locks.remove(lock);
        }
        held
    }

    pub(crate) fn get(&self, lock: &str) -> Option<&BTreeMap<Place, Mode>> {
        self.locks.get(lock)
    }

    /// The paths of locks behind `after`, or from the first on.
    pub(crate) fn paths_after<'a>(&'a self, after: Option<&str>) -> impl Iterator<Item = &'a str> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.locks.range::<str, _>((from, Bound::Unbounded));
        behind.map(|(path, _)| &**path)
    }

    pub(crate) fn len(&self) -> usize {
        self.locks.len()
    }
}

/// Who holds a lock, in order: the first, and with a shared first all before one that is not.
pub(crate) fn holders(places: &BTreeMap<Place, Mode>) -> impl Iterator<Item = (&Place, Mode)> {
    let first = places.values().next().copied();
    places
        .iter()
        .map(|(place, mode)| (place, *mode))
        .enumerate()
        .take_while(move |(index, (_, mode))| {
            *index == 0 || (first == Some(*mode) && *mode != Mode::Exclusive)
        })
        .map(|(_, holder)| holder)
}
