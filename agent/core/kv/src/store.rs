//! The store: the replicated state, what is derived from it, and the leader's soft state; its queries.

use std::sync::Arc;

use bytes::Bytes;
use synod_machine::{Command as CommandBytes, Damaged, Stamp, StateMachine, UnknownCommand};
use synod_paxos::{Ballot, Now};

use crate::attachments::Attachments;
use crate::changes::Changes;
use crate::command::{Alarm, AlarmKind, Command, Limits, Range, Txn};
use crate::error::Error;
use crate::hash::RevisionHash;
use crate::lead::Lead;
use crate::mutation::mutated;
use crate::response::{RangeResponse, Response, TxnResponse};
use crate::retention::Retention;
use crate::snapshot::{Restore, SnapshotReader};
use crate::soft::{SoftRequest, SoftResponse};
use crate::state::State;
use crate::view::View;

/// What one member is set to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The limits that this member proposes when it leads and others are in force.
    pub limits: Limits,
    /// The history that this member keeps when it leads.
    pub retention: Retention,
}

/// Sizes, all counted deterministically.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes that count against the quota: keys, values, and a fixed amount for each version and lease.
    pub bytes: u64,
    /// Of these, the bytes that would be left if everything compacted were reclaimed by now (an estimate: exact when
    /// nothing is pending).
    pub bytes_in_use: u64,
    /// The quota in force.
    pub quota_bytes: u64,
    /// Live keys.
    pub keys: u64,
    /// Versions held, tombstones included.
    pub versions: u64,
    /// Leases.
    pub leases: u64,
    /// Changes in the revision index.
    pub changes: u64,
    /// Views and snapshots that pin past states.
    pub pins: u64,
}

/// What is replicated of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseInfo {
    /// Its id.
    pub id: i64,
    /// The time to live in seconds that was granted.
    pub ttl: i64,
}

/// etcd's store as a state machine.
///
/// Invariants: 1. those of the state; 2. the revision index holds exactly the versions of the state from
/// `indexed_from` on; 3. the attachments are exactly the leases of the live keys.
pub struct Store {
    pub(crate) settings: Settings,
    pub(crate) state: State,
    pub(crate) changes: Changes,
    pub(crate) attachments: Attachments,
    /// While this member leads.
    pub(crate) lead: Option<Lead>,
    /// While a snapshot is being restored.
    pub(crate) restore: Option<Box<Restore>>,
    pins: Arc<()>,
}

impl Store {
    /// An empty store. All members must begin alike: the settings become effective only through the log.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            state: State::new(),
            changes: Changes::new(),
            attachments: Attachments::default(),
            lead: None,
            restore: None,
            pins: Arc::new(()),
        }
    }

    /// The revision of the last effective change; 1 for an empty store.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.state.revision
    }

    /// The oldest readable revision; -1 if nothing was compacted.
    #[must_use]
    pub fn compact_revision(&self) -> i64 {
        self.state.compact_revision
    }

    /// Reads a range. What it costs grows with the range: large ones are better read on a [`View`].
    ///
    /// # Errors
    /// `Compacted`, `FutureRevision`, `Corrupt`.
    pub fn range(&self, request: &Range) -> Result<RangeResponse, Error> {
        self.readable()?;
        self.state.range(request, self.state.revision)
    }

    /// Runs a transaction that [only reads](Txn::is_read_only).
    ///
    /// # Errors
    /// `Compacted`, `FutureRevision`, `Corrupt`.
    ///
    /// # Panics
    /// If the transaction writes.
    pub fn read_txn(&self, txn: &Txn) -> Result<TxnResponse, Error> {
        self.readable()?;
        self.state.read_txn(txn)
    }

    fn readable(&self) -> Result<(), Error> {
        if self.state.has_alarm(AlarmKind::Corrupt) {
            Err(Error::Corrupt)
        } else {
            Ok(())
        }
    }

    /// Pins the state as it is. Writes copy what a view still shares, so views should not live long.
    #[must_use]
    pub fn view(&self) -> View {
        View::new(self.state.clone(), Arc::clone(&self.pins))
    }

    /// A lease, if it exists.
    #[must_use]
    pub fn lease(&self, id: i64) -> Option<LeaseInfo> {
        self.state
            .lease(id)
            .map(|lease| LeaseInfo { id, ttl: lease.ttl })
    }

    /// The keys attached to a lease, in order.
    #[must_use]
    pub fn lease_keys(&self, id: i64) -> Vec<Bytes> {
        self.attachments.of(id)
    }

    /// All leases by id.
    pub fn leases(&self) -> impl Iterator<Item = LeaseInfo> {
        self.state.leases.iter().map(|lease| LeaseInfo {
            id: lease.id(),
            ttl: lease.ttl,
        })
    }

    /// All active alarms, in order.
    pub fn alarms(&self) -> impl Iterator<Item = Alarm> {
        self.state.alarms.iter().copied()
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.state.limits
    }

    /// How large everything is.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let pending: u64 = if self.reclaimable() {
            self.changes
                .unreclaimed_garbage(self.state.compact_revision)
        } else {
            0
        };
        Sizes {
            bytes: self.state.tally.bytes,
            bytes_in_use: self.state.tally.bytes.saturating_sub(pending),
            quota_bytes: self.state.limits.quota_bytes,
            keys: self.state.keys.weight(),
            versions: self.state.tally.versions,
            leases: self.state.leases.len() as u64,
            changes: self.changes.len() as u64,
            pins: Arc::strong_count(&self.pins) as u64 - 1,
        }
    }

    /// The hash of everything readable at `revision` or before (0: the newest). It walks the whole state: for large
    /// ones use [`View::hash_kv`].
    ///
    /// # Errors
    /// `Compacted`, `FutureRevision`.
    pub fn hash_kv(&self, revision: i64) -> Result<RevisionHash, Error> {
        self.state.hash_kv(revision)
    }

    /// Moves a key between leases in what is derived from the state.
    pub(crate) fn move_lease(&mut self, key: &[u8], from: i64, to: i64) {
        self.attachments.shift(key, from, to);
    }

    /// Checks what can be checked in constant time, after every step.
    ///
    /// # Panics
    /// With the evidence if an invariant does not hold.
    pub fn invariants(&self) {
        let state = &self.state;
        assert!(state.revision >= 1, "revision {}", state.revision);
        assert!(
            state.compact_revision <= state.revision,
            "compacted at {} of {}",
            state.compact_revision,
            state.revision
        );
        assert!(
            state.reclaimed.main <= state.compact_revision.max(0),
            "reclaimed up to {:?}, compacted at {}",
            state.reclaimed,
            state.compact_revision
        );
        assert!(
            state.keys.weight() <= state.keys.len() as u64,
            "more live keys than keys"
        );
        assert!(
            state.tally.versions >= state.keys.len() as u64,
            "every key has a version"
        );
        self.changes.invariants(state.revision);
    }

    /// Checks everything, in time linear in the state.
    ///
    /// # Panics
    /// With the evidence if an invariant does not hold.
    pub fn invariants_deep(&self) {
        self.invariants();
        self.state.invariants_deep();
        let (changes, attachments) = derive(&self.state);
        let from = self.state.indexed_from();
        let indexed = self.changes.since(from).map(|version| version.at);
        assert!(
            indexed.eq(changes.since(from).map(|version| version.at)),
            "the revision index and the versions"
        );
        assert_eq!(
            attachments, self.attachments,
            "the leases' keys and the keys' leases"
        );
    }
}

/// What follows from the state.
pub(crate) fn derive(state: &State) -> (Changes, Attachments) {
    let mut attachments = Attachments::default();
    let mut versions = Vec::new();
    let from = state.indexed_from();
    for history in state.keys.iter() {
        if let Some(live) = history.live() {
            attachments.shift(live.key(), 0, live.lease);
        }
        versions.extend(
            history
                .versions()
                .filter(|version| version.at >= from)
                .cloned(),
        );
    }
    (
        Changes::restored(versions, from, state.reclaimed),
        attachments,
    )
}

impl StateMachine for Store {
    type Response = Response;
    type Soft = SoftRequest;
    type SoftResponse = SoftResponse;
    type Reader = SnapshotReader;

    fn apply(&mut self, stamp: &Stamp, command: &CommandBytes) -> Result<Response, UnknownCommand> {
        let command = Command::decode(command)?;
        Ok(self.execute(stamp, &command))
    }

    fn pass(&mut self, _stamp: &Stamp) {}

    fn renew(&mut self, _stamp: &Stamp) {
        self.jump();
    }

    fn lead(&mut self, now: Now, ballot: Ballot) {
        let leases = self
            .state
            .leases
            .iter()
            .map(|lease| (lease.id(), lease.ttl));
        self.lead = Some(Lead::new(now, ballot, leases, self.settings.retention));
    }

    fn follow(&mut self) {
        self.lead = None;
    }

    fn soft(&mut self, now: Now, request: &SoftRequest) -> SoftResponse {
        self.answer(now, *request)
    }

    fn encode_soft(request: &SoftRequest) -> Bytes {
        request.encode()
    }

    fn decode_soft(bytes: &Bytes) -> Result<SoftRequest, Damaged> {
        SoftRequest::decode(bytes)
    }

    fn encode_soft_response(response: &SoftResponse) -> Bytes {
        response.encode()
    }

    fn decode_soft_response(bytes: &Bytes) -> Result<SoftResponse, Damaged> {
        SoftResponse::decode(bytes)
    }

    fn due(&mut self, now: Now, max: usize) -> Vec<CommandBytes> {
        self.proposals(now, max)
            .iter()
            .map(Command::encode)
            .collect()
    }

    fn next_due(&self) -> Option<Now> {
        self.next_proposal()
    }

    fn digest(&self) -> u64 {
        self.state.digest()
    }

    fn snapshot(&self) -> SnapshotReader {
        self.view().into_snapshot()
    }

    fn restore(&mut self, piece: &Bytes) -> Result<(), Damaged> {
        self.restore.get_or_insert_default().piece(piece)
    }

    fn restored(&mut self) -> Result<(), Damaged> {
        let restore = self
            .restore
            .take()
            .ok_or_else(|| Damaged("a snapshot without a piece".into()))?;
        self.state = restore.finish()?;
        (self.changes, self.attachments) = derive(&self.state);
        if mutated("kv.snapshot.loses_lease") {
            self.attachments = Attachments::default();
        }
        Ok(())
    }

    fn empty(&self) -> Self {
        Self::new(self.settings)
    }
}
