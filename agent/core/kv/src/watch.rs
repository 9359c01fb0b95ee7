//! The watch hub: which watches a change concerns, and what each is to be sent.
//!
//! The hub queues no events. A watch that is behind is a position in the store's revision index, and its events are
//! read from there when its stream has room, in batches of a bounded size. So a slow watch costs nothing but its place,
//! a watch that starts in the past is nothing special, and a watch is either complete or cancelled: if the changes it
//! still needs are compacted away meanwhile, it ends with the compact revision.
//!
//! How to drive it: [`Hub::applied`] after every batch of applied commands; then take watches from [`Hub::ready`], and
//! for each, as long as its stream has room, send what [`Hub::next`] gives. A watch whose stream has no room is left,
//! and named to [`Hub::wake`] when it has room again.
//!
//! It knows nothing of streams, wires and time.

mod cursor;
mod intervals;
mod spec;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use crate::key_range::End;
use crate::mutation::mutated;
use crate::store::Store;
use crate::version::{Revision, Version};
use cursor::Watch;
use intervals::Intervals;
pub use spec::{Event, EventKind, WatchBatch, WatchSpec, WatchState};

/// More new changes than this are not matched one by one: every watch looks for itself.
const MATCH_MAX: usize = 65_536;

/// A watch of this hub. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u64);

/// All watches of one member.
///
/// Invariants: 1. a watch that is not behind has everything up to `revision`; 2. a queued watch is in
/// `ready` exactly once (watches that were drained or cancelled meanwhile are skipped there); 3. every watch is in `points` or in `ranges`.
#[derive(Default)]
pub struct Hub {
    watches: BTreeMap<WatchId, Watch>,
    points: BTreeMap<Bytes, BTreeSet<WatchId>>,
    ranges: Intervals,
    ready: VecDeque<WatchId>,
    /// The watches that are behind, by where they stand.
    lagging: BTreeSet<(Revision, WatchId)>,
    /// The store's revision at the last [`Hub::applied`].
    revision: i64,
    last: u64,
}

impl Hub {
    /// A hub without watches for `store`.
    #[must_use]
    pub fn new(store: &Store) -> Self {
        let hub = Self {
            revision: store.revision(),
            ..Self::default()
        };
        store.changes.see(hub.revision);
        hub
    }

    /// How many watches there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.watches.len()
    }

    /// Whether there is no watch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// How many watches are behind.
    #[must_use]
    pub fn behind(&self) -> usize {
        self.lagging.len()
    }

    /// The store's revision that the hub has seen everything of.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// Begins a watch. One that asks for what is compacted is begun too, and its first batch says so.
    pub fn create(&mut self, store: &Store, mut spec: WatchSpec) -> WatchId {
        self.last += 1;
        let id = WatchId(self.last);
        if spec.start_revision <= 0 {
            spec.start_revision = store.revision() + 1;
        }
        let behind = spec.start_revision <= store.revision();
        let refused = spec.start_revision < store.compact_revision();
        let skip = i64::from(behind && mutated("kv.watch.skip_on_create"));
        let cursor = Revision::first(spec.start_revision + skip);
        match &spec.range.end {
            End::Point => {
                self.points
                    .entry(spec.range.start.clone())
                    .or_default()
                    .insert(id);
            }
            _ => self.ranges.insert(&spec.range, id),
        }
        self.watches.insert(
            id,
            Watch {
                spec,
                cursor,
                behind,
                queued: false,
                refused,
            },
        );
        self.lagging.extend(self.watches[&id].lags(id));
        store.changes.see(self.needed_after());
        self.wake(id);
        id
    }

    /// Ends a watch; false if there is none.
    pub fn cancel(&mut self, id: WatchId) -> bool {
        let Some(watch) = self.watches.remove(&id) else {
            return false;
        };
        let range = &watch.spec.range;
        if range.is_point() {
            if let Some(ids) = self.points.get_mut(&range.start) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.points.remove(&range.start);
                }
            }
        } else {
            self.ranges.remove(range, id);
        }
        if let Some(lag) = watch.lags(id) {
            self.lagging.remove(&lag);
        }
        true
    }

    /// Looks at what was applied since the last call, and makes ready the watches that it concerns.
    pub fn applied(&mut self, store: &Store) {
        let from = Revision::first(self.revision + 1);
        let gap = store.changes.available() > from;
        let changes = store.changes.since(from);
        if gap || changes.len() > MATCH_MAX {
            self.all_behind(from, store.revision());
        } else {
            changes.for_each(|version| self.matched(version));
        }
        self.revision = store.revision();
        store.changes.see(self.needed_after());
    }

    /// The revision up to which no watch needs a change.
    fn needed_after(&self) -> i64 {
        let needed = self.lagging.first().map(|(cursor, _)| cursor.main - 1);
        needed.map_or(self.revision, |needed| needed.min(self.revision))
    }

    /// Changes where a watch stands, and keeps `lagging` in step.
    fn moved<R>(&mut self, id: WatchId, change: impl FnOnce(&mut Watch) -> R) -> Option<R> {
        let watch = self.watches.get_mut(&id)?;
        let before = watch.lags(id);
        let result = change(watch);
        let after = watch.lags(id);
        if before != after {
            if let Some(before) = before {
                self.lagging.remove(&before);
            }
            self.lagging.extend(after);
        }
        Some(result)
    }

    /// Every watch is to look for itself, from where it stands.
    fn all_behind(&mut self, from: Revision, revision: i64) {
        let ids: Vec<WatchId> = self.watches.keys().copied().collect();
        for id in ids {
            self.moved(id, |watch| {
                if !watch.behind {
                    watch.cursor = watch.cursor.max(from);
                    watch.behind = watch.cursor.main <= revision;
                }
            });
            self.wake(id);
        }
    }

    fn matched(&mut self, version: &Version) {
        let points = self.points.get(version.key()).into_iter().flatten();
        let mut ids: Vec<WatchId> = points.copied().collect();
        self.ranges.containing(version.key(), &mut ids);
        for id in ids {
            self.moved(id, |watch| {
                let concerned = version.at >= watch.cursor && watch.spec.wants(version);
                if concerned && (!watch.behind || mutated("kv.watch.lose_when_slow")) {
                    watch.behind = true;
                    watch.cursor = version.at;
                }
            });
            self.wake(id);
        }
    }

    /// Takes the next watch out of the ready queue: there is something for [`Hub::next`] to give.
    pub fn ready(&mut self) -> Option<WatchId> {
        while let Some(id) = self.ready.pop_front() {
            let Some(watch) = self.watches.get_mut(&id) else {
                continue;
            };
            watch.queued = false;
            if watch.behind {
                return Some(id);
            }
        }
        None
    }

    /// Puts a watch back into the ready queue if it is behind: its stream has room again.
    pub fn wake(&mut self, id: WatchId) {
        if let Some(watch) = self.watches.get_mut(&id)
            && watch.behind
            && !watch.queued
        {
            watch.queued = true;
            self.ready.push_back(id);
        }
    }

    /// The revision to report as progress: everything up to it was handed out. `None` while there is something to
    /// hand out, while the watch waits for a start in the future, and if there is no such watch.
    #[must_use]
    pub fn progress(&self, id: WatchId) -> Option<i64> {
        let watch = self.watches.get(&id)?;
        let synced = !watch.behind || mutated("kv.watch.progress_ahead");
        Some(self.revision).filter(|revision| synced && watch.spec.start_revision <= revision + 1)
    }

    /// The next events of a watch, about `bytes_max` of keys and values: whole revisions until it is reached, at least
    /// one. A watch that stays behind is put into the ready queue again.
    pub fn next(&mut self, store: &Store, id: WatchId, bytes_max: usize) -> WatchBatch {
        let none = |state| WatchBatch {
            events: Vec::new(),
            revision: 0,
            fragment: false,
            state,
        };
        let Some(watch) = self.watches.get(&id) else {
            return none(WatchState::Gone);
        };
        let compact_revision = store.compact_revision();
        if watch.refused || (watch.behind && watch.cursor < store.changes.available()) {
            self.cancel(id);
            return none(WatchState::Compacted { compact_revision });
        }
        let until = self.revision;
        let collected = self.moved(id, |watch| watch.collect(store, until, bytes_max));
        let mut batch = collected.expect("the watch was found");
        if mutated("kv.watch.order") && batch.events.len() > 1 {
            let last = batch.events.len() - 1;
            batch.events.swap(last, last - 1);
        }
        store.changes.see(self.needed_after());
        self.wake(id);
        batch
    }

    /// Checks the hub's invariants.
    ///
    /// # Panics
    /// With the evidence if one does not hold.
    pub fn invariants(&self) {
        let queued = self.watches.values().filter(|watch| watch.queued).count();
        let ready = self
            .ready
            .iter()
            .filter(|id| self.watches.contains_key(id))
            .count();
        assert_eq!(queued, ready, "queued watches are ready once");
        let lagging = self
            .watches
            .iter()
            .filter_map(|(id, watch)| watch.lags(*id));
        let lagging: BTreeSet<_> = lagging.collect();
        assert_eq!(lagging, self.lagging, "watches that are behind");
        let points: usize = self.points.values().map(BTreeSet::len).sum();
        assert_eq!(
            points + self.ranges.len(),
            self.watches.len(),
            "every watch is indexed once"
        );
    }
}
