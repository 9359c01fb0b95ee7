//! Runs steps on the store and on the model, and compares whatever can be seen.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_kv::{
    Command, FENCES_LEVEL, Hub, Limits, Retention, Settings, SoftRequest, SoftResponse, Store,
    WatchId, WatchSpec, WatchState,
};
use synod_machine::{SnapshotReader, Stamp, StateMachine};
use synod_paxos::{Ballot, Node, Now, Slot, Span};

use super::steps::Step;
use super::{Answer, Happened, Kv, Model};

/// A watch, and how far the test has seen its events.
struct Watched {
    id: WatchId,
    spec: WatchSpec,
    /// Events of the model before this index were delivered or do not concern it.
    seen: usize,
    /// Drained as soon as something was applied, so it must never be cancelled.
    prompt: bool,
    /// Refused for compaction when it was created.
    refused: bool,
    ended: bool,
    /// The last batch ended within this revision.
    within: Option<i64>,
}

pub(crate) struct World {
    store: Store,
    /// Applies the same, but was not restored from a snapshot, and has no hub.
    twin: Store,
    model: Model,
    hub: Hub,
    watches: Vec<Watched>,
    slot: u64,
    level: u32,
    round: u64,
    now: Now,
    leading: bool,
    /// Before this time no expiry of the lease may be proposed.
    safe: BTreeMap<i64, Now>,
    /// Leases whose expiry was proposed in this ballot.
    expiring: Vec<i64>,
}

const SETTINGS: Settings = Settings {
    limits: Limits {
        quota_bytes: 2 << 30,
        lease_ttl_min_s: 2,
    },
    retention: Retention::Everything,
};

impl World {
    pub(crate) fn new() -> Self {
        let store = Store::new(SETTINGS);
        let hub = Hub::new(&store);
        Self {
            twin: Store::new(SETTINGS),
            store,
            model: Model::new(),
            hub,
            watches: Vec::new(),
            slot: 0,
            level: FENCES_LEVEL - 1,
            round: 1,
            now: Now(1_000_000_000),
            leading: false,
            safe: BTreeMap::new(),
            expiring: Vec::new(),
        }
    }

    /// Runs all steps and the checks at the end.
    pub(crate) fn run(steps: &[Step]) {
        let mut world = Self::new();
        for step in steps {
            world.step(step);
            world.store.invariants();
            world.hub.invariants();
        }
        world.finish();
    }

    fn finish(&mut self) {
        self.applied();
        for index in 0..self.watches.len() {
            while self.drain(index, 8) {}
            let watch = &self.watches[index];
            assert!(
                watch.ended || self.expected(watch).is_none(),
                "a watch that was drained misses events: {:?}",
                watch.spec
            );
        }
        self.store.invariants_deep();
        self.twin.invariants_deep();
        self.compare_stores();
    }

    fn compare_stores(&self) {
        assert_eq!(
            self.store.digest(),
            self.twin.digest(),
            "digests of members"
        );
        assert_eq!(self.store.hash_kv(0), self.twin.hash_kv(0));
        assert_eq!(self.store.sizes().bytes, self.twin.sizes().bytes);
        let leases: Vec<_> = self
            .store
            .leases()
            .map(|lease| (lease.id, lease.ttl))
            .collect();
        let expected: Vec<_> = self
            .model
            .leases
            .iter()
            .map(|(id, lease)| (*id, lease.0))
            .collect();
        assert_eq!(leases, expected);
        for (id, _) in leases {
            let keys: Vec<Bytes> = self
                .model
                .now
                .values()
                .filter(|kv| kv.lease == id)
                .map(|kv| kv.key.clone())
                .collect();
            assert_eq!(self.store.lease_keys(id), keys);
        }
    }

    fn step(&mut self, step: &Step) {
        let revision = self.model.revision();
        match step {
            Step::Put(put) => self.apply(&Command::Put(put.clone())),
            Step::Burst(puts) => {
                for put in puts {
                    self.apply(&Command::Put(put.clone()));
                }
            }
            Step::Delete(delete) => self.apply(&Command::DeleteRange(delete.clone())),
            Step::Txn(txn) => self.apply(&Command::Txn(txn.clone())),
            Step::Compact { back } => self.apply(&Command::Compact {
                revision: revision - back,
            }),
            Step::Grant { id, ttl } => self.apply(&Command::LeaseGrant { id: *id, ttl: *ttl }),
            Step::Revoke { id } => self.apply(&Command::LeaseRevoke { id: *id }),
            Step::Expire { id, newest } => {
                let granted = self.model.leases.get(id).map_or(0, |lease| lease.1);
                let ballot = self.ballot(if *newest { self.round } else { self.round - 1 });
                self.apply(&Command::LeaseExpire {
                    id: *id,
                    granted,
                    ballot,
                });
            }
            Step::Reclaim => self.apply(&Command::Reclaim),
            Step::Raise => {
                self.level = FENCES_LEVEL;
                self.model.fences = true;
            }
            Step::Read { request, back } => {
                let mut request = request.clone();
                request.revision = back.map_or(0, |back| revision - back);
                let answer = match self.store.range(&request) {
                    Ok(response) => Answer::from(&response),
                    Err(error) => Answer::Refused(error),
                };
                assert_eq!(answer, self.model.range(&request), "{request:?}");
            }
            Step::Restore { piece } => self.restore(*piece),
            Step::Watch {
                range,
                back,
                no_put,
                no_delete,
                prev_kv,
                fragment,
                prompt,
            } => {
                let spec = WatchSpec {
                    range: range.clone(),
                    start_revision: back.map_or(0, |back| (revision - back).max(0)),
                    no_put: *no_put,
                    no_delete: *no_delete,
                    prev_kv: *prev_kv,
                    fragment: *fragment,
                };
                self.watch(spec, *prompt);
            }
            Step::Applied => self.applied(),
            Step::Drain { watch, bytes_max } => {
                if !self.watches.is_empty() {
                    let index = watch % self.watches.len();
                    self.drain(index, *bytes_max);
                }
            }
            Step::Cancel { watch } => {
                if !self.watches.is_empty() {
                    let index = watch % self.watches.len();
                    let watch = &mut self.watches[index];
                    assert_eq!(self.hub.cancel(watch.id), !watch.ended);
                    watch.ended = true;
                }
            }
            Step::Lead => self.lead(),
            Step::Follow => {
                self.leading = false;
                self.store.follow();
            }
            Step::Time { ms } => {
                self.now = self.now + Span::from_millis(*ms);
                self.expiries();
            }
            Step::KeepAlive { id } => self.keep_alive(*id),
        }
    }

    fn ballot(&self, round: u64) -> Ballot {
        Ballot {
            round,
            node: Node(1),
        }
    }

    fn apply(&mut self, command: &Command) {
        self.slot += 1;
        let newest = self.ballot(self.round);
        let stamp = Stamp {
            slot: Slot(self.slot),
            ballot: newest,
            newest,
            time_ms: 0,
            level: self.level,
        };
        let bytes = command.encode();
        assert_eq!(Command::decode(&bytes).as_ref(), Ok(command));
        let from_newest =
            !matches!(command, Command::LeaseExpire { ballot, .. } if *ballot != newest);
        let response = self.store.apply(&stamp, &bytes).expect("known");
        let twin = self.twin.apply(&stamp, &bytes).expect("known");
        assert_eq!(response, twin, "answers of members");
        let expected = self.model.apply(command, self.slot, from_newest);
        assert_eq!(Answer::from(&response.result), expected, "{command:?}");
        assert_eq!(
            response.revision,
            self.model.revision(),
            "the revision after {command:?}"
        );
        assert_eq!(self.store.revision(), self.model.revision());
        assert_eq!(self.store.compact_revision(), self.model.compacted);
        let alive = &self.model.leases;
        self.expiring.retain(|id| alive.contains_key(id));
        self.safe.retain(|id, _| alive.contains_key(id));
        if let Answer::Granted { id, ttl } = expected {
            self.safe
                .insert(id, self.now + Span::from_millis(ttl as u64 * 1_000));
        }
    }

    fn restore(&mut self, piece: usize) {
        let mut reader = self.store.snapshot();
        assert_eq!(self.store.sizes().pins, 1);
        let mut restored = self.store.empty();
        let mut pieces = Vec::new();
        while let Some(bytes) = reader.next(piece) {
            restored.restore(&bytes).expect("a snapshot decodes");
            pieces.push(bytes);
        }
        assert!(
            self.store.empty().restored().is_err(),
            "nothing is no snapshot"
        );
        restored.restored().expect("a whole snapshot");
        assert_eq!(restored.digest(), self.store.digest());
        restored.invariants_deep();
        let mut again = restored.snapshot();
        let copied: Vec<_> = std::iter::from_fn(|| again.next(piece)).collect();
        assert_eq!(copied, pieces, "equal states give equal snapshots");
        // The hub goes on as on a member that received a snapshot.
        self.store = restored;
        self.leading = false;
        // What the old store had reclaimed and the hub had not seen is gone for good.
        for watch in &mut self.watches {
            watch.prompt = false;
        }
    }

    fn lead(&mut self) {
        self.round += 1;
        self.leading = true;
        self.expiring.clear();
        self.store.lead(self.now, self.ballot(self.round));
        for (id, (ttl, _)) in &self.model.leases {
            self.safe
                .insert(*id, self.now + Span::from_millis(*ttl as u64 * 1_000));
        }
    }

    /// Asks the leader for expiries: none too early, all that are due, and each is applied sooner or later.
    fn expiries(&mut self) {
        let commands = self.store.due(self.now, 100);
        assert!(
            self.leading || commands.is_empty(),
            "only a leader proposes"
        );
        let mut named = Vec::new();
        for bytes in commands {
            let command = Command::decode(&bytes).expect("known");
            if let Command::LeaseExpire { id, ballot, .. } = command {
                assert!(
                    self.safe[&id] <= self.now,
                    "lease {id} expires at {:?}, safe until {:?}",
                    self.now,
                    self.safe[&id]
                );
                assert_eq!(ballot, self.ballot(self.round));
                named.push((id, command));
            }
        }
        if self.leading {
            for (id, safe) in &self.safe {
                // A grant's time begins when the clock is looked at, which every step of time does.
                let late = Span::from_millis(3_000);
                let due = *safe + late < self.now && !self.expiring.contains(id);
                assert!(
                    !due || named.iter().any(|(named, _)| named == id),
                    "lease {id} is not expired"
                );
            }
            assert!(
                self.store.next_due().is_none_or(|due| due > self.now),
                "due now, after due"
            );
        }
        for (id, command) in named {
            if self.expiring.contains(&id) {
                self.apply(&command);
            } else {
                // The first proposal is lost.
                self.expiring.push(id);
            }
        }
    }

    fn keep_alive(&mut self, id: i64) {
        let bytes = Store::encode_soft(&SoftRequest::KeepAlive { id });
        let request = Store::decode_soft(&bytes).expect("round trip");
        let lease = self.model.leases.get(&id).copied();
        match self.store.soft(self.now, &request) {
            SoftResponse::NotLeading => assert!(!self.leading),
            SoftResponse::LeaseNotFound => assert!(lease.is_none() || self.expiring.contains(&id)),
            SoftResponse::KeptAlive { ttl } => {
                assert!(self.leading && !self.expiring.contains(&id));
                assert_eq!(Some(ttl), lease.map(|lease| lease.0));
                self.safe
                    .insert(id, self.now + Span::from_millis(ttl as u64 * 1_000));
                let left = self.store.soft(self.now, &SoftRequest::TimeToLive { id });
                assert_eq!(
                    left,
                    SoftResponse::TimeToLive {
                        remaining: ttl,
                        granted: ttl
                    }
                );
            }
            other => panic!("{other:?}"),
        }
    }

    fn watch(&mut self, mut spec: WatchSpec, prompt: bool) {
        let id = self.hub.create(&self.store, spec.clone());
        if spec.start_revision <= 0 {
            spec.start_revision = self.model.revision() + 1;
        }
        let refused = spec.start_revision < self.model.compacted;
        let watched = Watched {
            id,
            spec,
            seen: 0,
            prompt,
            refused,
            ended: false,
            within: None,
        };
        self.watches.push(watched);
        if prompt {
            self.applied();
        }
    }

    fn applied(&mut self) {
        self.hub.applied(&self.store);
        assert_eq!(self.hub.revision(), self.model.revision());
        let mut ready = Vec::new();
        while let Some(id) = self.hub.ready() {
            let index = self
                .watches
                .iter()
                .position(|watch| watch.id == id)
                .expect("known");
            if self.watches[index].prompt {
                self.drain(index, usize::MAX);
            } else {
                ready.push(id);
            }
        }
        for id in ready {
            self.hub.wake(id);
        }
    }

    /// The index of the next event that the watch is to see.
    fn expected(&self, watch: &Watched) -> Option<usize> {
        (watch.seen..self.model.happened.len()).find(|index| {
            let Happened { revision, kind, kv } = &self.model.happened[*index];
            let filtered = match kind {
                synod_kv::EventKind::Put => watch.spec.no_put,
                synod_kv::EventKind::Delete => watch.spec.no_delete,
            };
            *revision >= watch.spec.start_revision
                && *revision <= self.hub.revision()
                && watch.spec.range.contains(&kv.key)
                && !filtered
        })
    }

    /// Takes one batch; whether the watch stays behind.
    fn drain(&mut self, index: usize, bytes_max: usize) -> bool {
        if let Some(progress) = self.hub.progress(self.watches[index].id) {
            assert_eq!(progress, self.hub.revision());
            let missing = self.expected(&self.watches[index]);
            assert_eq!(missing, None, "progress was reported before an event");
        }
        let batch = self
            .hub
            .next(&self.store, self.watches[index].id, bytes_max);
        if self.watches[index].ended {
            assert_eq!(batch.state, WatchState::Gone);
            return false;
        }
        if let WatchState::Compacted { compact_revision } = batch.state {
            let watch = &mut self.watches[index];
            assert!(batch.events.is_empty());
            assert_eq!(compact_revision, self.model.compacted);
            assert!(
                watch.refused || !watch.prompt,
                "a prompt watch was cancelled: {:?}",
                watch.spec
            );
            watch.ended = true;
            return false;
        }
        assert!(
            !self.watches[index].refused,
            "a watch of what is compacted goes on"
        );
        for event in &batch.events {
            self.event(index, event);
        }
        let watch = &self.watches[index];
        if !watch.spec.fragment {
            assert!(!batch.fragment);
            // Whole revisions: nothing more of the last one is to come.
            if let (Some(last), Some(next)) = (batch.events.last(), self.expected(watch)) {
                assert!(
                    self.model.happened[next].revision > last.kv.mod_revision(),
                    "a revision is split"
                );
            }
        }
        let behind = match batch.state {
            WatchState::Behind => true,
            WatchState::Synced => false,
            state => panic!("{state:?}"),
        };
        if !behind {
            assert_eq!(self.expected(watch), None, "a synced watch misses an event");
        }
        if let Some(next) = self.expected(watch) {
            let next = self.model.happened[next].revision;
            assert!(
                batch.revision < next,
                "revision {} is reported before an event at {next}",
                batch.revision
            );
        }
        behind
    }

    fn event(&mut self, index: usize, event: &synod_kv::Event) {
        let next = self
            .expected(&self.watches[index])
            .unwrap_or_else(|| panic!("an event too many: {event:?}"));
        let happened = &self.model.happened[next];
        assert_eq!(
            (event.kind, &Kv::from(&event.kv)),
            (happened.kind, &happened.kv),
            "the next event"
        );
        let watch = &mut self.watches[index];
        let before = happened.revision - 1;
        let readable = watch.spec.prev_kv && before >= self.model.compacted;
        let prev = self.model.maps[before as usize]
            .get(&happened.kv.key)
            .filter(|_| readable);
        assert_eq!(
            event.prev_kv.as_ref().map(Kv::from).as_ref(),
            prev,
            "the previous value"
        );
        watch.seen = next + 1;
        watch.within = Some(happened.revision);
    }
}
