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

mod intervals;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;

use crate::history::History;
use crate::key_range::{End, KeyRange};
use crate::mutation::mutated;
use crate::store::Store;
use crate::version::{KeyValue, Revision, Version};
use intervals::Intervals;

/// More new changes than this are not matched one by one: every watch looks for itself.
const MATCH_MAX: usize = 65_536;

/// Changes that one call of [`Hub::next`] looks at.
const SCAN_MAX: usize = 16_384;

/// A watch of this hub. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub u64);

/// What to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSpec {
    /// Which keys.
    pub range: KeyRange,
    /// From which revision on; 0 or less: what comes after the store's newest. May be in the future.
    pub start_revision: i64,
    /// Leave puts out.
    pub no_put: bool,
    /// Leave deletes out.
    pub no_delete: bool,
    /// With what the key was before the event's revision, unless that is compacted.
    pub prev_kv: bool,
    /// The events of one revision may be split over batches.
    pub fragment: bool,
}

impl WatchSpec {
    /// A plain watch of `range` from `start_revision` on.
    #[must_use]
    pub const fn new(range: KeyRange, start_revision: i64) -> Self {
        Self {
            range,
            start_revision,
            no_put: false,
            no_delete: false,
            prev_kv: false,
            fragment: false,
        }
    }

    fn wants(&self, version: &Version) -> bool {
        !(if version.is_tombstone() {
            self.no_delete
        } else {
            self.no_put
        }) && self.range.contains(version.key())
    }
}

/// What happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It was written.
    Put,
    /// It was deleted.
    Delete,
}

/// One change of one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The key as it is from then on; of a delete, only key and mod revision.
    pub kv: KeyValue,
    /// What it was before the event's revision, if asked for, if it existed, and if that is not compacted.
    pub prev_kv: Option<KeyValue>,
}

/// How a watch stands after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchState {
    /// Everything up to the hub's revision was handed out.
    Synced,
    /// There is more; the watch is in the ready queue again.
    Behind,
    /// What it needs is compacted, or was when it was created: the watch is gone.
    Compacted {
        /// The oldest revision that can be watched from.
        compact_revision: i64,
    },
    /// There is no such watch (any more).
    Gone,
}

/// What to send to a watch. If there are no events and it was not compacted, there is nothing to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchBatch {
    /// Events in order. Those of one revision are together, unless the watch allows fragments.
    pub events: Vec<Event>,
    /// Every event up to this revision was handed out, with this batch.
    pub revision: i64,
    /// The last event's revision goes on in the next batch.
    pub fragment: bool,
    /// How the watch stands.
    pub state: WatchState,
}

#[derive(Debug)]
struct Watch {
    spec: WatchSpec,
    /// Every change before it was handed out or does not concern the watch.
    cursor: Revision,
    /// Changes from the cursor on are to be looked at.
    behind: bool,
    /// It is in the ready queue.
    queued: bool,
    /// What it asked for was compacted when it was created.
    refused: bool,
}

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
        self.watches.values().filter(|watch| watch.behind).count()
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
        store.changes.see(self.revision);
    }

    /// Every watch is to look for itself, from where it stands.
    fn all_behind(&mut self, from: Revision, revision: i64) {
        for (id, watch) in &mut self.watches {
            if !watch.behind {
                watch.cursor = watch.cursor.max(from);
                watch.behind = watch.cursor.main <= revision;
            }
            if watch.behind && !watch.queued {
                watch.queued = true;
                self.ready.push_back(*id);
            }
        }
    }

    fn matched(&mut self, version: &Version) {
        let points = self
            .points
            .get(version.key())
            .into_iter()
            .flatten()
            .copied();
        let mut ids: Vec<WatchId> = points.collect();
        self.ranges.containing(version.key(), &mut ids);
        for id in ids {
            let watch = self
                .watches
                .get_mut(&id)
                .expect("the index names watches that exist");
            if version.at < watch.cursor || !watch.spec.wants(version) {
                continue;
            }
            if !watch.behind || mutated("kv.watch.lose_when_slow") {
                watch.behind = true;
                watch.cursor = version.at;
            }
            if !watch.queued {
                watch.queued = true;
                self.ready.push_back(id);
            }
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
        let Some(watch) = self.watches.get_mut(&id) else {
            return none(WatchState::Gone);
        };
        let compact_revision = store.compact_revision();
        if watch.refused || (watch.behind && watch.cursor < store.changes.available()) {
            self.cancel(id);
            return none(WatchState::Compacted { compact_revision });
        }
        let mut batch = if watch.behind {
            watch.collect(store, self.revision, bytes_max)
        } else {
            WatchBatch {
                revision: self.revision,
                ..none(WatchState::Synced)
            }
        };
        if mutated("kv.watch.order") && batch.events.len() > 1 {
            let last = batch.events.len() - 1;
            batch.events.swap(last, last - 1);
        }
        batch.state = if watch.behind {
            WatchState::Behind
        } else {
            WatchState::Synced
        };
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
        let points: usize = self.points.values().map(BTreeSet::len).sum();
        assert_eq!(
            points + self.ranges.len(),
            self.watches.len(),
            "every watch is indexed once"
        );
    }
}

impl Watch {
    /// Collects events from the cursor on, up to revision `until`, and moves the cursor.
    fn collect(&mut self, store: &Store, until: i64, bytes_max: usize) -> WatchBatch {
        let mut batch = WatchBatch {
            events: Vec::new(),
            revision: 0,
            fragment: false,
            state: WatchState::Behind,
        };
        let before = self.cursor;
        let (mut bytes, mut main) = (0, self.cursor.main);
        let mut stopped = None;
        let changes = store
            .changes
            .since(self.cursor)
            .take_while(|version| version.at.main <= until);
        for (scanned, version) in changes.enumerate() {
            let new_revision = version.at.main != main;
            main = version.at.main;
            let full = (bytes >= bytes_max && !batch.events.is_empty()) || scanned >= SCAN_MAX;
            if full && (new_revision || self.spec.fragment) {
                batch.fragment = !new_revision
                    && batch
                        .events
                        .last()
                        .is_some_and(|last| last.kv.mod_revision() == main);
                stopped = Some(version.at);
                break;
            }
            if self.spec.wants(version) {
                let event = self.event(store, KeyValue::new(version.clone()));
                bytes += event.kv.size() + event.prev_kv.as_ref().map_or(0, KeyValue::size);
                batch.events.push(event);
            }
        }
        self.behind = stopped.is_some();
        self.cursor = stopped.unwrap_or(before.max(Revision::first(until + 1)));
        batch.revision = self.cursor.main - 1;
        if mutated("kv.watch.duplicate")
            && !self.behind
            && before.sub == 0
            && batch.events.len() > 1
        {
            self.behind = true;
            self.cursor = before;
        }
        batch
    }

    fn event(&self, store: &Store, kv: KeyValue) -> Event {
        let kind = if kv.version() == 0 {
            EventKind::Delete
        } else {
            EventKind::Put
        };
        let prev_kv = if self.spec.prev_kv {
            previous(store, &kv)
        } else {
            None
        };
        Event { kind, kv, prev_kv }
    }
}

/// What a key was before the revision of an event, if that is still readable.
fn previous(store: &Store, kv: &KeyValue) -> Option<KeyValue> {
    let before = kv.mod_revision() - 1;
    if before < store.compact_revision() {
        return None;
    }
    let history: &History = store.state.keys.get(kv.key_ref())?;
    history.live_at(before).cloned().map(KeyValue::new)
}
