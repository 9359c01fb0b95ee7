//! The versions of one key that the state still holds.

mod run;

use std::sync::Arc;

use crate::version::{Revision, Version};
use run::Run;
use synod_tree::Entry;

/// The versions of one key, oldest first; never empty. The newest is at hand; a key with one version, the common case,
/// takes nothing else.
///
/// Invariants: 1. positions grow strictly, up to `latest`; 2. all versions are of the same key; 3. two tombstones never
/// follow each other; 4. `older` is not empty if it is there.
#[derive(Clone)]
pub(crate) struct History {
    latest: Arc<Version>,
    older: Option<Arc<Run>>,
}

impl History {
    pub(crate) const fn new(version: Arc<Version>) -> Self {
        Self {
            latest: version,
            older: None,
        }
    }

    pub(crate) const fn latest(&self) -> &Arc<Version> {
        &self.latest
    }

    /// The newest version if the key is alive in it.
    pub(crate) fn live(&self) -> Option<&Arc<Version>> {
        Some(&self.latest).filter(|version| !version.is_tombstone())
    }

    /// The newest version (or tombstone) made at or before revision `main`.
    fn at(&self, main: i64) -> Option<&Arc<Version>> {
        if self.latest.at.main <= main {
            return Some(&self.latest);
        }
        let older = self.older.as_ref()?;
        let before = older.count_before(Revision::first(main + 1));
        before.checked_sub(1).and_then(|index| older.get(index))
    }

    /// The version alive at revision `main`.
    pub(crate) fn live_at(&self, main: i64) -> Option<&Arc<Version>> {
        self.at(main).filter(|version| !version.is_tombstone())
    }

    pub(crate) fn versions(&self) -> impl Iterator<Item = &Arc<Version>> {
        self.older
            .iter()
            .flat_map(|older| older.iter())
            .chain([&self.latest])
    }

    pub(crate) fn len(&self) -> usize {
        1 + self.older.as_ref().map_or(0, |older| older.len())
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Arc<Version>> {
        if index + 1 == self.len() {
            return Some(&self.latest);
        }
        self.older.as_ref()?.get(index)
    }

    pub(crate) fn push(&mut self, version: Arc<Version>) {
        debug_assert!(version.at > self.latest.at, "versions are made in order");
        let before = std::mem::replace(&mut self.latest, version);
        Arc::make_mut(self.older.get_or_insert_default()).push(before);
    }

    /// Drops the versions before position `at`, handing each to `dropped`. The newest version always stays.
    pub(crate) fn drop_before(&mut self, at: Revision, dropped: impl FnMut(&Version)) {
        let Some(older) = &mut self.older else { return };
        let count = older.count_before(at);
        if count == older.len() {
            older.iter().map(|version| &**version).for_each(dropped);
            self.older = None;
        } else if count > 0 {
            Arc::make_mut(older).drop_first(count, dropped);
        }
    }
}

impl Entry for History {
    fn key(&self) -> &[u8] {
        self.latest.key()
    }

    fn weight(&self) -> u64 {
        u64::from(!self.latest.is_tombstone())
    }
}
