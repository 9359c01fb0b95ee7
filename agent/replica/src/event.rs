//! The closed set of what can happen to a driver, and of what comes out of it.

use synod_paxos::{Change, ConfigId, Node, Slot};

use crate::{Command, Completion, NetEvent, StateMachine};

/// The front end's name for a request; comes back in its [`Output`]. Chosen by the front end, unique in the process.
pub type Ticket = u64;

/// Everything that can happen.
pub enum Event<S: StateMachine> {
    /// A disk operation ended.
    Disk(Completion),
    /// The network says something.
    Net(NetEvent),
    /// A front end wants something.
    Request(Request<S>),
}

/// What a front end can want. Each is answered by exactly one [`Output`] that carries its ticket.
pub enum Request<S: StateMachine> {
    /// Replicate and apply a command. Followers forward it once; retries by the driver apply once.
    Propose {
        /// The caller's name for it.
        ticket: Ticket,
        /// The command.
        command: Command,
    },
    /// Tell when this replica has applied everything that was decided when the request arrived.
    Read {
        /// The caller's name for it.
        ticket: Ticket,
    },
    /// Ask the leader's soft state.
    Soft {
        /// The caller's name for it.
        ticket: Ticket,
        /// The request.
        request: S::Soft,
    },
    /// Change the configuration by one step, compare and set on its id.
    Change {
        /// The caller's name for it.
        ticket: Ticket,
        /// The configuration the caller acted on; `None` takes whatever holds (etcd's membership API).
        expected: Option<ConfigId>,
        /// The step.
        change: Change,
    },
    /// Hand leadership over to `to`, or to the most advanced voter.
    Transfer {
        /// The caller's name for it.
        ticket: Ticket,
        /// The wanted leader.
        to: Option<Node>,
    },
    /// Write a snapshot now.
    Snapshot {
        /// The caller's name for it.
        ticket: Ticket,
    },
}

/// Why a request was not carried out. Nothing was changed unless the variant says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No leader is known and none came in time. A `Propose` may still be applied later.
    NoLeader,
    /// Not answered in time. A `Propose` may still be applied later.
    TimedOut,
    /// Too much is in flight on this member: try again later.
    Overloaded,
    /// This member is quarantined, halted or shutting down: ask another.
    Stopped,
    /// The command is larger than the stated bound.
    TooLarge,
    /// This request is only answered by the leader, and leadership was lost.
    LeaderChanged,
}

/// Why a configuration change was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// The configuration is another one by now.
    Conflict {
        /// The one that holds.
        current: ConfigId,
    },
    /// A change is under way, or the leader is too new: try again.
    Busy,
    /// There is no such member.
    UnknownMember,
    /// The number is or was in use.
    NumberTaken,
    /// The step is not allowed; the words say why.
    NotAllowed(&'static str),
    /// The member has not caught up.
    NotCaughtUp,
    /// As for other requests.
    Refused(Refusal),
}

/// What comes out of the driver for front ends.
pub enum Output<S: StateMachine> {
    /// A proposed command was applied here.
    Applied {
        /// The request's.
        ticket: Ticket,
        /// Where it was applied.
        slot: Slot,
        /// The machine's answer, or why there is none.
        result: Result<S::Response, Refusal>,
    },
    /// A read may be served from the machine as it is now.
    ReadReady {
        /// The request's.
        ticket: Ticket,
        /// Fine, or why not.
        result: Result<(), Refusal>,
    },
    /// The leader's soft state answered.
    Soft {
        /// The request's.
        ticket: Ticket,
        /// The answer, or why there is none.
        result: Result<S::SoftResponse, Refusal>,
    },
    /// A configuration change was decided and is in force here.
    Changed {
        /// The request's.
        ticket: Ticket,
        /// The new configuration's id, or why not.
        result: Result<ConfigId, ChangeRefusal>,
    },
    /// A transfer was begun (watch the status for its end) or refused.
    Transferred {
        /// The request's.
        ticket: Ticket,
        /// Fine, or why not.
        result: Result<(), Refusal>,
    },
    /// A snapshot is durable.
    Snapshotted {
        /// The request's.
        ticket: Ticket,
        /// Its slot, or why not.
        result: Result<Slot, Refusal>,
    },
}
