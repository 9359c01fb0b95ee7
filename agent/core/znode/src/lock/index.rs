//! The contenders of every lock in the order of their numbers: derived from the nodes, so not part of snapshots.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Mode;
use crate::mutation::mutated;

/// A contender's place: by number, then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) number: i32,
    pub(crate) name: Box<str>,
}

/// All locks that have a contender.
///
/// Invariants: 1. no lock is empty; 2. the counts are those of the locks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    locks: BTreeMap<Box<str>, Contenders>,
    contenders: usize,
    contended: usize,
}

/// Of one lock.
#[derive(Debug, Default, PartialEq, Eq)]
struct Contenders {
    places: BTreeMap<Place, Mode>,
    exclusive: usize,
}

impl Contenders {
    /// Whether somebody waits: behind one that excludes others, or to be that one. In constant time.
    fn is_contended(&self) -> bool {
        let first = self.places.values().next();
        self.places.len() > 1 && (first == Some(&Mode::Exclusive) || self.exclusive > 0)
    }
}

impl Index {
    pub(crate) fn enter(&mut self, lock: &str, name: &str) {
        if let Some((number, mode)) = super::contender(name) {
            let number = if mutated("znode.lock.by_name") {
                0
            } else {
                number
            };
            let name = name.into();
            let place = Place { number, name };
            if !self.locks.contains_key(lock) {
                self.locks.insert(lock.into(), Contenders::default());
            }
            let lock = self.locks.get_mut(lock).expect("it is there");
            let before = lock.is_contended();
            lock.places.insert(place, mode);
            lock.exclusive += usize::from(mode == Mode::Exclusive);
            self.contenders += 1;
            self.contended -= usize::from(before && !lock.is_contended());
            self.contended += usize::from(!before && lock.is_contended());
        }
    }

    /// Takes a contender out; true if it held the lock.
    pub(crate) fn leave(&mut self, lock: &str, name: &str) -> bool {
        let Some((number, mode)) = super::contender(name) else {
            return false;
        };
        let Some(contenders) = self.locks.get_mut(lock) else {
            return false;
        };
        let place = Place {
            number,
            name: name.into(),
        };
        let held = holders(&contenders.places).any(|(holder, _)| *holder == place);
        let before = contenders.is_contended();
        if contenders.places.remove(&place).is_some() {
            contenders.exclusive -= usize::from(mode == Mode::Exclusive);
            self.contenders -= 1;
            self.contended -= usize::from(before && !contenders.is_contended());
            self.contended += usize::from(!before && contenders.is_contended());
        }
        if contenders.places.is_empty() {
            self.locks.remove(lock);
        }
        held
    }

    pub(crate) fn get(&self, lock: &str) -> Option<&BTreeMap<Place, Mode>> {
        self.locks.get(lock).map(|contenders| &contenders.places)
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

    /// Contenders of all locks.
    pub(crate) const fn contenders(&self) -> usize {
        self.contenders
    }

    /// Locks that somebody waits for.
    pub(crate) const fn contended(&self) -> usize {
        self.contended
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_follow_whoever_comes_and_goes() {
        let mut index = Index::default();
        let counts = |index: &Index| (index.len(), index.contenders(), index.contended());
        let steps = [
            (true, "/a", "lock-0000000001", (1, 1, 0)),
            (true, "/a", "lock-0000000002", (1, 2, 1)),
            (true, "/b", "u__READ__0000000001", (2, 3, 1)),
            (true, "/b", "u__READ__0000000003", (2, 4, 1)),
            (true, "/b", "u__WRIT__0000000002", (2, 5, 2)),
            (true, "/b", "node", (2, 5, 2)),
            (false, "/a", "lock-0000000001", (2, 4, 1)),
            (false, "/b", "u__READ__0000000001", (2, 3, 1)),
            (false, "/b", "u__WRIT__0000000002", (2, 2, 0)),
            (true, "/c", "u-lease-0000000001", (3, 3, 0)),
            (true, "/c", "u-lease-0000000002", (3, 4, 0)),
            (false, "/c", "u-lease-0000000009", (3, 4, 0)),
            (false, "/a", "lock-0000000002", (2, 3, 0)),
        ];
        for (enters, lock, name, expected) in steps {
            if enters {
                index.enter(lock, name);
            } else {
                index.leave(lock, name);
            }
            assert_eq!(counts(&index), expected, "{lock} {name}");
        }
    }
}
