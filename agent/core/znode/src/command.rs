//! What is decided in the log. Types only; the bytes are in `command/wire.rs`, the meaning of each in a file of its own under
//! `apply/`.

mod wire;

use bytes::Bytes;
use synod_paxos::Ballot;

use crate::acl::{Acl, Id};
use crate::session::{Attachment, Password, SessionId};

/// Operations of one transaction. ZooKeeper has no bound but that of a frame.
pub const MULTI_OPS_MAX: usize = 65_536;

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Creates a node.
    Create {
        /// Its path; with a sequential mode the part before the number.
        path: String,
        /// Its data; none is another thing than empty data.
        data: Option<Bytes>,
        /// Who may do what.
        acl: Vec<Acl>,
        /// The wire's flag: a [`CreateMode`](crate::CreateMode), or `BadArguments`.
        flags: i32,
        /// How long it lives without a change, in milliseconds, where the flag wants that.
        ttl_ms: i64,
    },
    /// Deletes a node without children.
    Delete {
        /// Its path.
        path: String,
        /// The version that it must have; -1 is any.
        version: i32,
    },
    /// Writes a node's data.
    SetData {
        /// Its path.
        path: String,
        /// The data.
        data: Option<Bytes>,
        /// The version that it must have; -1 is any.
        version: i32,
    },
    /// Writes a node's access control list.
    SetAcl {
        /// Its path.
        path: String,
        /// The list.
        acl: Vec<Acl>,
        /// The version of the list that it must have; -1 is any.
        version: i32,
    },
    /// Checks a node's version.
    Check {
        /// Its path.
        path: String,
        /// The version that it must have; -1 is any.
        version: i32,
    },
}

/// One request of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// One operation.
    One(Op),
    /// All of them or none.
    Multi(Vec<Op>),
    /// What the front end refuses already. It changes nothing but takes a zxid, as ZooKeeper numbers writes before it looks at
    /// them.
    Refused,
}

/// By way of whom a request comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The session.
    pub session: SessionId,
    /// Its attachment, as it was answered when it was made. Requests by way of an older one are refused.
    pub attachment: Attachment,
    /// What the connection proved to be, its address included.
    pub ids: Vec<Id>,
}

/// Limits that all members must apply alike, so they are part of the replicated state. A leader whose
/// [`Settings`](crate::Settings) differ proposes its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of state, as [`Sizes::bytes`](crate::Sizes) counts them, that nothing may grow over.
    pub quota_bytes: u64,
    /// Whether hard limits under `/zookeeper/quota` are enforced: ZooKeeper's `enforceQuota`.
    pub enforce_quotas: bool,
    /// The shortest time-out of a session.
    pub timeout_ms_min: u32,
    /// The longest.
    pub timeout_ms_max: u32,
}

impl Default for Limits {
    /// Time-outs as ZooKeeper's at its usual tick of 2 s.
    fn default() -> Self {
        Self {
            quota_bytes: 2 << 30,
            enforce_quotas: false,
            timeout_ms_min: 4_000,
            timeout_ms_max: 40_000,
        }
    }
}

/// A command, as it is decided in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Requests of one connection, in its order. Each takes a zxid of its own.
    Write {
        /// By way of whom.
        by: Asker,
        /// What.
        writes: Vec<Write>,
    },
    /// Begins a session, attached to a member.
    CreateSession {
        /// Its id, which is new: the member's number and one that it never gave before.
        id: SessionId,
        /// Its secret, drawn by the front end.
        password: Password,
        /// The time-out that is asked for, in milliseconds.
        timeout_ms: u32,
        /// Where it is attached.
        member: u64,
    },
    /// Attaches a session to a member.
    Attach {
        /// Its id.
        id: SessionId,
        /// Its secret.
        password: Password,
        /// The time-out that is asked for, in milliseconds.
        timeout_ms: u32,
        /// Where it is attached from now on.
        member: u64,
    },
    /// Ends a session and deletes its ephemeral nodes.
    CloseSession {
        /// The session, by way of its attachment.
        by: Asker,
    },
    /// As close, proposed by a leader when sessions ran out. Ignored unless that leader's ballot is the newest so far, and for
    /// sessions that were attached again since.
    Expire {
        /// The ballot of the leader whose clock it is.
        ballot: Ballot,
        /// The sessions, each with its attachment.
        sessions: Vec<(SessionId, Attachment)>,
    },
    /// Deletes containers that are empty and nodes whose time is over; what is neither (any more) is left. Proposed by a leader.
    Reap {
        /// Their paths.
        paths: Vec<String>,
    },
    /// Sets the limits. Proposed by a leader.
    Configure(Limits),
    /// Writes `/zookeeper/config`: who the members are. Proposed by a leader.
    SetMembers {
        /// ZooKeeper's form of it.
        text: String,
    },
}
