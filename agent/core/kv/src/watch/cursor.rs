//! One watch: where it stands, and collecting events from there.

use crate::history::History;
use crate::mutation::mutated;
use crate::store::Store;
use crate::version::{KeyValue, Revision};

use super::WatchId;
use super::spec::{Event, EventKind, WatchBatch, WatchSpec, WatchState};

/// Changes that one batch looks at; a revision that goes on beyond is looked at whole.
const SCAN_MAX: usize = 16_384;

/// A watch.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) spec: WatchSpec,
    /// Every change before it was handed out or does not concern the watch.
    pub(super) cursor: Revision,
    /// Changes from the cursor on are to be looked at.
    pub(super) behind: bool,
    /// It is in the ready queue.
    pub(super) queued: bool,
    /// What it asked for was compacted when it was created.
    pub(super) refused: bool,
}

impl Watch {
    /// Where the watch stands, if it still needs something from there on.
    pub(super) fn lags(&self, id: WatchId) -> Option<(Revision, WatchId)> {
        (self.behind && !self.refused).then_some((self.cursor, id))
    }

    /// Collects events from the cursor on, up to revision `until`, and moves the cursor. A watch that is not behind has
    /// been given everything.
    pub(super) fn collect(&mut self, store: &Store, until: i64, bytes_max: usize) -> WatchBatch {
        let mut batch = WatchBatch {
            events: Vec::new(),
            revision: 0,
            fragment: false,
            state: WatchState::Synced,
        };
        if !self.behind {
            batch.revision = until;
            return batch;
        }
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
        if self.behind {
            batch.state = WatchState::Behind;
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
