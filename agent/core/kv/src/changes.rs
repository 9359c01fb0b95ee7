//! The revision index: every change since the last reclamation, in order. Watches read the past from it, and
//! reclamation finds in it what was superseded.
//!
//! It is derived from the state (all versions from `reclaimed` on), so it is not part of snapshots. What reclamation is
//! done with stays a little longer, until the watch hub has seen it: that is this member's own affair and changes
//! nothing that members agree on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::version::{Revision, Version};

/// Changes kept for a watch hub that has not looked yet. A member without a hub keeps as many.
const LINGER_MAX: usize = 16_384;

/// The changes, oldest first.
///
/// Invariants: 1. positions grow strictly; 2. every change at or after `available` is here.
pub(crate) struct Changes {
    entries: VecDeque<Arc<Version>>,
    /// Entries at the front that reclamation is done with.
    done: usize,
    available: Revision,
    /// The revision that the watch hub has seen everything of.
    seen: AtomicI64,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            done: 0,
            available: Revision::default(),
            seen: AtomicI64::new(0),
        }
    }

    /// The index of a restored state: its versions from `from` on, in any order, of which those before `reclaimed`
    /// were looked at.
    pub(crate) fn restored(
        mut versions: Vec<Arc<Version>>,
        from: Revision,
        reclaimed: Revision,
    ) -> Self {
        versions.sort_unstable_by_key(|version| version.at);
        let mut changes = Self {
            entries: versions.into(),
            available: from,
            ..Self::new()
        };
        changes.rewind(reclaimed);
        changes
    }

    /// Reclamation is to look again at the changes from `to` on.
    pub(crate) fn rewind(&mut self, to: Revision) {
        self.done = self.entries.partition_point(|version| version.at < to);
    }

    pub(crate) fn push(&mut self, version: Arc<Version>) {
        self.entries.push_back(version);
    }

    /// The oldest change that reclamation has not looked at.
    pub(crate) fn oldest(&self) -> Option<&Arc<Version>> {
        self.entries.get(self.done)
    }

    /// Marks the oldest change as looked at.
    pub(crate) fn reclaimed(&mut self) {
        self.done += 1;
    }

    /// Lets go of what is reclaimed and seen, and of the oldest beyond the bound. Changes of the compact revision stay:
    /// a watch may begin at them.
    pub(crate) fn trim(&mut self, compact_revision: i64) {
        let seen = self.seen.load(Ordering::Relaxed);
        while self.done > 0
            && self.entries[0].at.main < compact_revision
            && (self.done > LINGER_MAX || self.entries[0].at.main <= seen)
        {
            let gone = self.entries.pop_front().expect("done counts entries");
            self.available = gone.at.next();
            self.done -= 1;
        }
        if self.entries.capacity() > 1024 && self.entries.capacity() > 4 * self.entries.len() {
            self.entries.shrink_to(2 * self.entries.len());
        }
    }

    /// Says that the hub has seen every change up to `revision`.
    pub(crate) fn see(&self, revision: i64) {
        self.seen.store(revision, Ordering::Relaxed);
    }

    /// From where on the index is complete.
    pub(crate) fn available(&self) -> Revision {
        self.available
    }

    /// The changes from `from` on.
    pub(crate) fn since(&self, from: Revision) -> impl ExactSizeIterator<Item = &Arc<Version>> {
        let start = self.entries.partition_point(|version| version.at < from);
        self.entries.range(start..)
    }

    /// How many changes are held.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// About how many bytes reclamation up to `compact_revision` will free: of versions with a successor that is
    /// compacted too, and of tombstones. Exact for keys that were written more than once since the last compaction.
    pub(crate) fn unreclaimed_garbage(&self, compact_revision: i64) -> u64 {
        self.entries
            .range(self.done..)
            .take_while(|version| version.at.main <= compact_revision)
            .filter(|version| version.version != 1)
            .map(|version| version.cost())
            .sum()
    }

    /// Checks the ends of the index.
    ///
    /// # Panics
    /// With the evidence if an invariant does not hold.
    pub(crate) fn invariants(&self, revision: i64) {
        assert!(
            self.done <= self.entries.len(),
            "{} of {} entries are done",
            self.done,
            self.entries.len()
        );
        if let (Some(first), Some(last)) = (self.entries.front(), self.entries.back()) {
            assert!(
                first.at >= self.available,
                "{:?} is kept, {:?} available",
                first.at,
                self.available
            );
            assert!(
                last.at.main <= revision,
                "{:?} is indexed at revision {revision}",
                last.at
            );
        }
        if self.entries.len() >= 2 {
            let (before, last) = (
                &self.entries[self.entries.len() - 2],
                &self.entries[self.entries.len() - 1],
            );
            assert!(
                before.at < last.at,
                "revision {:?} follows {:?}",
                last.at,
                before.at
            );
        }
    }
}
