//! The versions of one key that the state still holds.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::tree::Entry;
use crate::version::{Revision, Version};

/// The versions of one key, oldest first; never empty. A key with one version, the common case, takes one pointer.
///
/// Invariants: 1. positions grow strictly; 2. all versions are of the same key; 3. two tombstones never follow each
/// other.
#[derive(Clone)]
pub(crate) enum History {
    One(Arc<Version>),
    Many(Arc<VecDeque<Arc<Version>>>),
}

impl History {
    pub(crate) fn latest(&self) -> &Arc<Version> {
        match self {
            Self::One(version) => version,
            Self::Many(versions) => versions.back().expect("a history is never empty"),
        }
    }

    /// The newest version if the key is alive in it.
    pub(crate) fn live(&self) -> Option<&Arc<Version>> {
        Some(self.latest()).filter(|version| !version.is_tombstone())
    }

    /// The newest version (or tombstone) made at or before revision `main`.
    pub(crate) fn at(&self, main: i64) -> Option<&Arc<Version>> {
        match self {
            Self::One(version) => Some(version).filter(|version| version.at.main <= main),
            Self::Many(versions) => {
                let end = versions.partition_point(|version| version.at.main <= main);
                end.checked_sub(1).map(|index| &versions[index])
            }
        }
    }

    /// The version alive at revision `main`.
    pub(crate) fn live_at(&self, main: i64) -> Option<&Arc<Version>> {
        self.at(main).filter(|version| !version.is_tombstone())
    }

    pub(crate) fn versions(&self) -> Box<dyn DoubleEndedIterator<Item = &Arc<Version>> + '_> {
        match self {
            Self::One(version) => Box::new(std::iter::once(version)),
            Self::Many(versions) => Box::new(versions.iter()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(versions) => versions.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Arc<Version>> {
        match self {
            Self::One(version) => Some(version).filter(|_| index == 0),
            Self::Many(versions) => versions.get(index),
        }
    }

    pub(crate) fn push(&mut self, version: Arc<Version>) {
        debug_assert!(version.at > self.latest().at, "versions are made in order");
        match self {
            Self::One(first) => {
                *self = Self::Many(Arc::new(VecDeque::from([Arc::clone(first), version])));
            }
            Self::Many(versions) => Arc::make_mut(versions).push_back(version),
        }
    }

    /// Drops the versions before position `at`, handing each to `dropped`. The newest version always stays.
    pub(crate) fn drop_before(&mut self, at: Revision, mut dropped: impl FnMut(&Arc<Version>)) {
        let Self::Many(versions) = self else { return };
        let count = versions
            .partition_point(|version| version.at < at)
            .min(versions.len() - 1);
        if count == 0 {
            return;
        }
        let versions_mut = Arc::make_mut(versions);
        versions_mut
            .drain(..count)
            .for_each(|version| dropped(&version));
        if versions_mut.len() == 1 {
            let last = Arc::clone(&versions_mut[0]);
            *self = Self::One(last);
        } else if versions_mut.capacity() > 4 * versions_mut.len() {
            versions_mut.shrink_to_fit();
        }
    }
}

impl Entry for History {
    fn key(&self) -> &[u8] {
        self.latest().key()
    }

    fn weight(&self) -> u64 {
        u64::from(!self.latest().is_tombstone())
    }
}
