//! The store: the replicated state, what is derived from it, and the leader's soft state.

use bytes::Bytes;
use synod_machine::{Command as CommandBytes, Damaged, Stamp, StateMachine, UnknownCommand};
use synod_paxos::{Ballot, Now};

use crate::change::{Change, What};
use crate::command::{Command, Limits};
use crate::derived::Derived;
use crate::lead::Lead;
use crate::mutation::mutated;
use crate::response::Response;
use crate::snapshot::{Restore, SnapshotReader};
use crate::soft::{Touch, Touched};
use crate::state::State;
use crate::zxid::Zxid;

/// What one member is set to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The limits that this member proposes when it leads and others are in force.
    pub limits: Limits,
    /// What it has `/zookeeper/config` say when it leads; `None` leaves it.
    pub members: Option<String>,
}

/// ZooKeeper's tree of nodes as a state machine.
///
/// Invariants: 1. those of the state; 2. `derived` is what follows from it.
pub struct Store {
    pub(crate) settings: Settings,
    pub(crate) state: State,
    pub(crate) derived: Derived,
    /// What was applied and no hub was told of; nothing while there is no hub.
    pub(crate) changes: Vec<Change>,
    pub(crate) observed: bool,
    /// The replicated clock, as the last slot had it.
    pub(crate) time_ms: u64,
    /// While this member leads.
    pub(crate) lead: Option<Lead>,
    /// While a snapshot is being restored.
    restore: Option<Box<Restore>>,
    restored: u64,
}

impl Store {
    /// A store with the nodes that are always there. All members must begin alike: the settings become effective only through the
    /// log.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let state = State::founded();
        Self {
            settings,
            derived: Derived::of(&state),
            state,
            changes: Vec::new(),
            observed: false,
            time_ms: 0,
            lead: None,
            restore: None,
            restored: 0,
        }
    }

    /// The zxid of the last change.
    #[must_use]
    pub const fn zxid(&self) -> Zxid {
        self.state.zxid
    }

    /// When the service was founded, in milliseconds since 1970: the first half of its fencing tokens; 0 before its first command.
    #[must_use]
    pub const fn incarnation(&self) -> u64 {
        self.state.incarnation.founded_ms()
    }

    /// The limits in force.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.state.limits
    }

    /// Has what is applied told to a [`Hub`](crate::Hub) from now on.
    pub const fn observe(&mut self) {
        self.observed = true;
    }

    /// How often the state was replaced by a snapshot of another member. What happened in between is known to no hub: whoever
    /// is connected here connects anew.
    #[must_use]
    pub const fn restored_count(&self) -> u64 {
        self.restored
    }

    /// Changes what `/zookeeper/config` is to say.
    pub fn set_members(&mut self, members: String) {
        self.settings.members = Some(members);
    }

    pub(crate) fn tell(&mut self, zxid: Zxid, what: What) {
        if self.observed {
            self.changes.push(Change { zxid, what });
        }
    }

    /// Checks what can be checked in constant time, after every step.
    ///
    /// # Panics
    /// With the evidence if an invariant does not hold.
    pub fn invariants(&self) {
        assert!(self.state.zxid >= Zxid(0), "zxid {:?}", self.state.zxid);
        assert!(
            self.derived.ephemeral_count() <= self.state.nodes.len(),
            "more ephemeral nodes than nodes"
        );
        let told = self.changes.last().map_or(Zxid(0), |change| change.zxid);
        assert!(told <= self.state.zxid, "a change of the future is told");
    }

    /// Checks everything, in time linear in the state.
    ///
    /// # Panics
    /// With the evidence if an invariant does not hold.
    pub fn invariants_deep(&self) {
        self.invariants();
        self.state.invariants_deep();
        assert_eq!(
            Derived::of(&self.state),
            self.derived,
            "what follows from the nodes"
        );
    }
}

impl StateMachine for Store {
    type Response = Response;
    type Soft = Touch;
    type SoftResponse = Touched;
    type Reader = SnapshotReader;

    fn apply(&mut self, stamp: &Stamp, command: &CommandBytes) -> Result<Response, UnknownCommand> {
        let command = Command::decode(command)?;
        self.time_ms = stamp.time_ms;
        Ok(self.execute(stamp, &command))
    }

    fn pass(&mut self, stamp: &Stamp) {
        self.time_ms = stamp.time_ms;
    }

    fn renew(&mut self, _stamp: &Stamp) {
        self.go_on();
    }

    fn lead(&mut self, now: Now, ballot: Ballot) {
        self.lead = Some(Lead::new(now, ballot, &self.state));
    }

    fn follow(&mut self) {
        self.lead = None;
    }

    fn soft(&mut self, now: Now, request: &Touch) -> Touched {
        self.touch(now, request)
    }

    fn encode_soft(request: &Touch) -> Bytes {
        request.encode()
    }

    fn decode_soft(bytes: &Bytes) -> Result<Touch, Damaged> {
        Touch::decode(bytes)
    }

    fn encode_soft_response(response: &Touched) -> Bytes {
        response.encode()
    }

    fn decode_soft_response(bytes: &Bytes) -> Result<Touched, Damaged> {
        Touched::decode(bytes)
    }

    fn due(&mut self, now: Now, max: usize) -> Vec<CommandBytes> {
        let commands = self.proposals(now, max);
        commands.iter().map(Command::encode).collect()
    }

    fn next_due(&self) -> Option<Now> {
        self.next_proposal()
    }

    /// Nodes say when they were created and written, and some live for a time.
    fn tells_time(&self) -> bool {
        !mutated("znode.time.stands_still")
    }

    fn digest(&self) -> u64 {
        self.state.digest()
    }

    fn snapshot(&self) -> SnapshotReader {
        SnapshotReader::new(self.state.clone())
    }

    fn restore(&mut self, piece: &Bytes) -> Result<(), Damaged> {
        self.restore.get_or_insert_default().piece(piece)
    }

    fn restored(&mut self) -> Result<(), Damaged> {
        let restore = self.restore.take();
        let restore = restore.ok_or_else(|| Damaged("a snapshot without a piece".into()))?;
        self.state = restore.finish()?;
        self.derived = Derived::of(&self.state);
        self.changes.clear();
        self.restored += 1;
        Ok(())
    }

    fn empty(&self) -> Self {
        Self {
            observed: self.observed,
            restored: self.restored,
            ..Self::new(self.settings.clone())
        }
    }
}
