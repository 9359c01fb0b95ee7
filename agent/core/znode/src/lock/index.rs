//! The contenders of every lock in the order of their numbers: derived from the nodes, so not part of snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::Mode;
use crate::mutation::mutated;

/// A place among a lock's contenders: its number, then its name, since two prefixes may bear one number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    number: i32,
    pub(crate) name: Box<str>,
}

/// The contenders of one lock, in order.
///
/// The first holds, and whoever shares and has nobody before it that excludes others: Curator's reader looks for writers alone, and a
/// semaphore counts its leases in whatever order they are. So who holds is before all who wait.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    all: BTreeMap<Place, Mode>,
    /// Those that share with nobody: whoever is behind one waits.
    exclusive: BTreeSet<Place>,
}

impl Places {
    fn insert(&mut self, place: Place, mode: Mode) {
        if mode == Mode::Exclusive {
            self.exclusive.insert(place.clone());
        }
        self.all.insert(place, mode);
    }

    fn remove(&mut self, place: &Place) -> bool {
        self.exclusive.remove(place);
        self.all.remove(place).is_some()
    }

    /// Contenders, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Place, Mode)> {
        self.all.iter().map(|(place, mode)| (place, *mode))
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many hold the lock. Takes time in proportion to them where somebody excludes others, else none.
    pub(crate) fn holder_count(&self) -> usize {
        match self.exclusive.first() {
            Some(barrier) => self.all.range(..barrier).count().max(1),
            None => self.all.len(),
        }
    }

    /// Whether a contender holds the lock.
    fn holds(&self, place: &Place) -> bool {
        let Some((first, _)) = self.all.first_key_value() else {
            return false;
        };
        let is_behind_one = self
            .exclusive
            .first()
            .is_some_and(|barrier| barrier <= place);
        first == place || (!is_behind_one && self.all.contains_key(place))
    }

    /// Whether somebody waits: behind one that excludes others, or to be that one.
    fn is_contended(&self) -> bool {
        self.all.len() > 1 && !self.exclusive.is_empty()
    }
}

/// All locks that have a contender.
///
/// Invariants: 1. no lock is empty; 2. the counts are those of the locks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    locks: BTreeMap<Box<str>, Places>,
    contenders: usize,
    contended: usize,
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
                self.locks.insert(lock.into(), Places::default());
            }
            let places = self.locks.get_mut(lock).expect("it is there");
            let before = places.is_contended();
            places.insert(place, mode);
            self.contenders += 1;
            self.contended -= usize::from(before && !places.is_contended());
            self.contended += usize::from(!before && places.is_contended());
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
        let name = name.into();
        let place = Place { number, name };
        let held = places.holds(&place);
        let before = places.is_contended();
        if places.remove(&place) {
            self.contenders -= 1;
            self.contended -= usize::from(before && !places.is_contended());
            self.contended += usize::from(!before && places.is_contended());
        }
        if places.all.is_empty() {
            self.locks.remove(lock);
        }
        held
    }

    pub(crate) fn get(&self, lock: &str) -> Option<&Places> {
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

    /// Contenders of all locks.
    pub(crate) const fn contenders(&self) -> usize {
        self.contenders
    }

    /// Locks that somebody waits for.
    pub(crate) const fn contended(&self) -> usize {
        self.contended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "x-1-";
    const READ: &str = "_c_1-__READ__";
    const WRITE: &str = "_c_1-__WRIT__";
    const LEASE: &str = "_c_1-lease-";

    fn enter(kinds: &[&str]) -> (Index, Vec<String>) {
        let mut index = Index::default();
        let names = kinds.iter().enumerate();
        let names: Vec<_> = names.map(|(at, kind)| format!("{kind}{at:010}")).collect();
        names.iter().for_each(|name| index.enter("/lock", name));
        (index, names)
    }

    /// What Curator's clients do: its reader (`InterProcessReadWriteLock`) holds unless one who writes is before it, whatever else
    /// is there; its semaphore (`InterProcessSemaphoreV2`) counts leases and asks for no order.
    #[test]
    fn who_shares_holds_unless_one_that_does_not_is_before_it() {
        for (kinds, holders) in [
            (&[][..], 0),
            (&[X, X], 1),
            (&[READ, READ, WRITE, READ], 2),
            (&[WRITE, READ, READ], 1),
            (&[WRITE, WRITE, READ], 1),
            (&[LEASE, LEASE, LEASE], 3),
            (&[READ, LEASE, READ], 3),
            (&[LEASE, READ, WRITE, READ, LEASE], 2),
        ] {
            let (index, names) = enter(kinds);
            let places = index.get("/lock");
            assert_eq!(places.map_or(0, Places::holder_count), holders, "{kinds:?}");
            let waiters = index.contenders() - holders;
            assert_eq!(index.contended() > 0, waiters > 0, "{kinds:?}");
            for (at, name) in names.iter().enumerate() {
                let (mut index, _) = enter(kinds);
                assert_eq!(index.leave("/lock", name), at < holders, "{kinds:?} {name}");
            }
        }
    }

    #[test]
    fn who_waits_holds_once_nobody_is_before_it() {
        let (mut index, names) = enter(&[WRITE, READ, READ]);
        assert!(!index.leave("/lock", &names[2]), "it waited");
        assert!(!index.leave("/lock", &names[2]), "it is gone");
        index.enter("/lock", &names[2]);
        assert!(index.leave("/lock", &names[0]), "it held");
        assert!(index.leave("/lock", &names[2]), "both hold now");
        assert!(index.leave("/lock", &names[1]));
        assert_eq!(index, Index::default());
    }

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
