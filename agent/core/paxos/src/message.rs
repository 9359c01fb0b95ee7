//! What replicas say to each other. The phases of Paxos are visible by name: prepare, promise, accept, accepted, decide.

use bytes::Bytes;

use crate::{Ballot, ConfigId, Entry, Node, Slot};

/// A message between two members of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The sender.
    pub from: Node,
    /// The configuration the sender acts under (the latest its log holds).
    pub config: ConfigId,
    /// What is said.
    pub body: Body,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// "Would you promise `ballot`?" Changes nothing at the receiver; asked before a ballot is spent, so that a node
    /// that is cut off does not disturb (quorum-connected election, Omni-Paxos section 4).
    Canvass {
        /// The ballot the sender would use.
        ballot: Ballot,
        /// True when the leader asked for it (leadership transfer): the receiver does not defend the leader.
        transfer: bool,
    },
    /// Answer to `Canvass`.
    CanvassReply {
        /// The ballot asked about.
        ballot: Ballot,
        /// Whether the receiver would promise it.
        granted: bool,
        /// The receiver's promised ballot.
        promised: Ballot,
    },
    /// Phase 1a. Covers every slot that is not decided.
    Prepare {
        /// The ballot to promise.
        ballot: Ballot,
        /// The ballot in which the candidate's log is accepted.
        accepted: Ballot,
        /// The candidate's last slot.
        last: Slot,
        /// True when the leader asked for it (leadership transfer).
        transfer: bool,
    },
    /// Phase 1b.
    Promise {
        /// The promised ballot.
        ballot: Ballot,
        /// The ballot in which the acceptor's log is accepted.
        accepted: Ballot,
        /// The acceptor's last decided slot.
        decided: Slot,
        /// The acceptor's last slot.
        last: Slot,
        /// The acceptor's entries after its own `decided`, if its log is ahead of the candidate's by
        /// (`accepted`, `last`); else empty. Bounded, since what a leader has in flight is.
        suffix: Vec<Entry>,
    },
    /// "Your ballot is below what I promised, or your configuration is old."
    Reject {
        /// The ballot refused.
        ballot: Ballot,
        /// What the receiver has promised.
        promised: Ballot,
        /// What the receiver knows as decided.
        decided: Slot,
    },
    /// Phase 2a for the whole unchosen suffix: makes an acceptor's log the leader's, in one atomic step.
    Sync {
        /// The leader's ballot.
        ballot: Ballot,
        /// Slot of the first entry: the one after the acceptor's last decided slot.
        from: Slot,
        /// The leader's entries from there to its last slot.
        entries: Vec<Entry>,
        /// The leader's last decided slot.
        decided: Slot,
    },
    /// Phase 2a in steady state: entries that follow what the acceptor already accepted in this ballot. An empty one
    /// only tells what is decided.
    Accept {
        /// The leader's ballot.
        ballot: Ballot,
        /// Slot of the first entry.
        from: Slot,
        /// Contiguous entries.
        entries: Vec<Entry>,
        /// The leader's last decided slot: the decision rides here.
        decided: Slot,
    },
    /// Phase 2b.
    Accepted {
        /// The leader's ballot.
        ballot: Ballot,
        /// The acceptor's last durable slot accepted in this ballot.
        last: Slot,
        /// The acceptor's last decided slot.
        decided: Slot,
        /// True if what came did not follow the log: the leader resends from `last + 1`, or synchronises the acceptor
        /// if `last` is 0 (it has not accepted this ballot yet).
        gap: bool,
        /// True if clients use the acceptor: it is told decisions at once.
        attended: bool,
    },
    /// Chosen entries for a member that lags: facts, whatever the ballot.
    Learn {
        /// The leader's ballot.
        ballot: Ballot,
        /// Slot of the first entry.
        from: Slot,
        /// The entries, all decided. Bounded by bytes.
        entries: Vec<Entry>,
        /// The leader's last decided slot.
        decided: Slot,
    },
    /// Asks a member for chosen entries after `after` (a candidate that lags behind its best promiser).
    Fetch {
        /// The candidate's ballot.
        ballot: Ballot,
        /// The last decided slot of the asker.
        after: Slot,
    },
    /// The leader lives; also confirms reads and renews the lease.
    Heartbeat {
        /// The leader's ballot.
        ballot: Ballot,
        /// The leader's last decided slot.
        decided: Slot,
        /// Grows with each heartbeat of this ballot.
        round: u64,
        /// Nanoseconds for which the receiver is asked to promise no other ballot; 0 asks for none.
        lease: u64,
    },
    /// Answer to `Heartbeat`.
    HeartbeatAck {
        /// The leader's ballot.
        ballot: Ballot,
        /// The heartbeat's round.
        round: u64,
        /// The receiver's last durable slot accepted in this ballot, 0 if it has not accepted this ballot yet.
        last: Slot,
        /// The receiver's last decided slot.
        decided: Slot,
        /// True if the receiver granted the lease asked for.
        leased: bool,
    },
    /// A follower asks the leader for a slot at which its batched reads are linearizable.
    ReadIndex {
        /// Numbers the follower's batches.
        batch: u64,
    },
    /// Answer to `ReadIndex`; `slot` is `None` if the receiver does not lead.
    ReadIndexReply {
        /// The follower's batch.
        batch: u64,
        /// The slot to apply first.
        slot: Option<Slot>,
    },
    /// The leader asks the receiver, who has caught up, to campaign at once.
    TakeOver {
        /// The leader's ballot.
        ballot: Ballot,
    },
    /// A member says that it lost its promises and asks the leader to demote it; `context` is its new context.
    Amnesia {
        /// The member's context from now on.
        context: Bytes,
        /// The last slot it knows to be decided; the leader feeds it from there.
        decided: Slot,
    },
    /// Bytes of the layer above.
    Application(Bytes),
}

impl Body {
    /// The ballot it is said in, if any.
    #[must_use]
    pub const fn ballot(&self) -> Option<Ballot> {
        match self {
            Self::Canvass { ballot, .. }
            | Self::CanvassReply { ballot, .. }
            | Self::Prepare { ballot, .. }
            | Self::Promise { ballot, .. }
            | Self::Reject { ballot, .. }
            | Self::Sync { ballot, .. }
            | Self::Accept { ballot, .. }
            | Self::Accepted { ballot, .. }
            | Self::Learn { ballot, .. }
            | Self::Fetch { ballot, .. }
            | Self::Heartbeat { ballot, .. }
            | Self::HeartbeatAck { ballot, .. }
            | Self::TakeOver { ballot } => Some(*ballot),
            Self::ReadIndex { .. }
            | Self::ReadIndexReply { .. }
            | Self::Amnesia { .. }
            | Self::Application(_) => None,
        }
    }
}
