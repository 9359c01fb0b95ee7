//! The contenders of every lock in the order of their numbers: derived from the nodes, so not part of snapshots.

use std::collections::{BTreeMap, BTreeSet};

use super::Mode;
use crate::mutation::mutated;

/// A contender's place: by number, then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) number: i32,
    pub(crate) name: Box<str>,
}

/// The contenders of one lock, in order.
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

    fn remove(&mut self, place: &Place) {
        self.exclusive.remove(place);
        self.all.remove(place);
    }

    /// Contenders, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Place, Mode)> {
        self.all.iter().map(|(place, mode)| (place, *mode))
    }

    /// Whether a contender holds the lock: it is the first, or it and the first share, and nobody before it shares with nobody.
    pub(crate) fn holds(&self, place: &Place) -> bool {
        let Some((first, first_mode)) = self.all.first_key_value() else {
            return false;
        };
        if first == place {
            return true;
        }
        let shares = *first_mode != Mode::Exclusive && self.all.get(place) == Some(first_mode);
        shares && self.exclusive.first().is_none_or(|barrier| place < barrier)
    }
}

/// All locks that have a contender.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    locks: BTreeMap<Box<str>, Places>,
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
            if let Some(places) = self.locks.get_mut(lock) {
                places.insert(place, mode);
            } else {
                let places = self.locks.entry(lock.into()).or_default();
                places.insert(place, mode);
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
        let name = name.into();
        let place = Place { number, name };
        let held = places.holds(&place);
        places.remove(&place);
        if places.all.is_empty() {
            self.locks.remove(lock);
        }
        held
    }

    pub(crate) fn get(&self, lock: &str) -> Option<&Places> {
        self.locks.get(lock)
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.locks.keys().map(|path| &**path)
    }

    pub(crate) fn len(&self) -> usize {
        self.locks.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_holds_and_with_it_who_shares_with_it() {
        let x = "x-1-";
        let read = "_c_1-__READ__";
        let write = "_c_1-__WRIT__";
        let lease = "_c_1-lease-";
        for (contenders, holding) in [
            (&[][..], &[][..]),
            (&[x, x], &[true, false]),
            (&[read, read, write, read], &[true, true, false, false]),
            (&[write, read, read], &[true, false, false]),
            (&[lease, lease, lease], &[true, true, true]),
            (&[read, lease, read], &[true, false, true]),
        ] {
            let mut index = Index::default();
            let names = contenders.iter().enumerate();
            let names: Vec<_> = names.map(|(at, kind)| format!("{kind}{at:010}")).collect();
            names.iter().for_each(|name| index.enter("/lock", name));
            let places = index.get("/lock");
            let held: Vec<_> = places
                .into_iter()
                .flat_map(Places::iter)
                .map(|(place, _)| places.is_some_and(|all| all.holds(place)))
                .collect();
            assert_eq!(held, holding, "{contenders:?}");
            for name in names.iter().rev() {
                index.leave("/lock", name);
            }
            assert_eq!(index, Index::default(), "{contenders:?}");
        }
    }

    #[test]
    fn who_waits_holds_once_nobody_is_before_it() {
        let mut index = Index::default();
        let names = [
            "a__WRIT__0000000001",
            "b__READ__0000000002",
            "c__READ__0000000003",
        ];
        names.iter().for_each(|name| index.enter("/lock", name));
        assert!(!index.leave("/lock", names[2]), "it waited");
        index.enter("/lock", names[2]);
        assert!(index.leave("/lock", names[0]), "it held");
        assert!(index.leave("/lock", names[2]), "both hold now");
        assert!(index.leave("/lock", names[1]));
    }
}
