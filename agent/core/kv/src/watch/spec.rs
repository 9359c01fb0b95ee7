//! What is asked of a watch, and what it is given.

use crate::key_range::KeyRange;
use crate::version::{KeyValue, Version};

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

    pub(super) fn wants(&self, version: &Version) -> bool {
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
