//! The locks of a LockService as the admin API tells them.

use serde::{Deserialize, Serialize};

/// Locks of one answer, also the default.
pub const LOCKS_MAX: usize = 256;

/// Contenders of one lock that are told.
pub const CONTENDERS_MAX: usize = 256;

/// Locks that may have metrics of their own.
pub const MEASURED_LOCKS_MAX: usize = 100;

/// Sessions of one question.
pub const SESSIONS_MAX: usize = 1024;

/// Query of `GET /v1/locks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocksQuery {
    /// Locks at or below this path; all of them without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Those behind this path: `next` of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// At most so many, and never more than [`LOCKS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
}

/// Some of the locks, in the order of their paths. They are as they were at one moment after the question came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocksResponse {
    /// The wall clock of the member that answers, in milliseconds since 1970.
    pub now_ms: u64,
    /// The locks. There may be none though more follow.
    pub locks: Vec<LockStatus>,
    /// Where to go on; nothing at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockStatus {
    /// The path of the node that contenders are children of.
    pub path: String,
    /// How it stands.
    pub state: LockState,
    /// Since when: that it is held, or that it was released. In milliseconds since 1970, by the service's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// Who holds it, in order; at most [`CONTENDERS_MAX`] together with who waits.
    pub holders: Vec<LockContender>,
    /// How many hold it.
    pub holder_count: usize,
    /// Who waits, in order.
    pub waiters: Vec<LockContender>,
    /// How many wait.
    pub waiter_count: usize,
    /// The session that released it last, if that is remembered: `0x…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<String>,
}

/// How a lock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockState {
    /// Nobody holds it, and nobody is known to have held it.
    Free,
    /// Somebody holds it.
    Locked,
    /// It was released, and nobody holds it since.
    Unlocked,
}

/// One that holds a lock or waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockContender {
    /// The name of its node.
    pub name: String,
    /// Its session: `0x…`.
    pub session: String,
    /// The member that the session is attached to; whom to ask for the client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<u64>,
    /// How it would hold it.
    pub mode: LockMode,
    /// Since when its node is there, in milliseconds since 1970.
    pub since_ms: u64,
    /// Its fencing token in hexadecimal; only of exclusive ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    /// By one.
    Exclusive,
    /// With others of this mode.
    Shared,
    /// As one of several leases.
    Lease,
}

/// Query of `GET /v1/sessions`: clients that are connected to the member that is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionsQuery {
    /// `0x…` with commas between, at most [`SESSIONS_MAX`].
    pub ids: String,
}

/// Those of them that are connected here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsResponse {
    /// In the order of the question.
    pub sessions: Vec<SessionStatus>,
}

/// A session with a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStatus {
    /// `0x…`.
    pub session: String,
    /// The client's `address:port`.
    pub client: String,
}
