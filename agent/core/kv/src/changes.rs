//! The revision index: every change since the last reclamation, in order. Watches read the past from it, and
//! reclamation finds in it what was superseded.
//!
//! It is derived from the state, so it is not part of snapshots. What reclamation is done with stays a little longer,
//! within bounds, until no watch of this member needs it: that is the member's own affair and changes nothing that
//! members agree on.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::version::{Revision, Version};

/// Reclaimed changes that are kept for watches that are a little behind. The oldest go first.
const LINGER_MAX: usize = 16_384;

/// The same, in bytes.
const LINGER_BYTES_MAX: u64 = 32 << 20;

/// The changes, oldest first.
///
/// Invariants: 1. positions grow strictly; 2. every change at or after `available` is here.
pub(crate) struct Changes {
    entries: VecDeque<Arc<Version>>,
    /// Entries at the front that reclamation is done with.
    done: usize,
    /// The size of those.
    done_bytes: u64,
    available: Revision,
    /// No watch needs a change up to this revision.
    seen: AtomicI64,
}

impl Changes {
    pub(crate) fn new() -> Self {
        Self {
            entries: VecDeque::new(),
            done: 0,
            done_bytes: 0,
            available: Revision::default(),
            seen: AtomicI64::new(i64::MAX),
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
        self.done_bytes = self
            .entries
            .range(..self.done)
            .map(|version| version.cost())
            .sum();
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
        self.done_bytes += self.oldest().map_or(0, |version| version.cost());
        self.done += 1;
    }

    /// Lets go of what is reclaimed and needed by no watch, and of the oldest beyond the bounds. Changes of the compact
    /// revision stay: a watch may begin at them.
    pub(crate) fn trim(&mut self, compact_revision: i64) {
        let seen = self.seen.load(Ordering::Relaxed);
        while self.done > 0
            && self.entries[0].at.main < compact_revision
            && (self.done > LINGER_MAX
                || self.done_bytes > LINGER_BYTES_MAX
                || self.entries[0].at.main <= seen)
        {
            let gone = self.entries.pop_front().expect("done counts entries");
            self.available = gone.at.next();
            self.done -= 1;
            self.done_bytes -= gone.cost();
        }
        if self.entries.capacity() > 1024 && self.entries.capacity() > 4 * self.entries.len() {
            self.entries.shrink_to(2 * self.entries.len());
        }
    }

    /// Says that no watch needs a change up to `revision`. Without a hub that says so, nothing is kept for watches.
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
