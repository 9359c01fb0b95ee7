//! Requests of the admin API and their answers: JSON over mutual TLS on the admin port.
//!
//! A request that is refused answers with an [`ApiError`] and has changed nothing, unless its code says otherwise.

use serde::{Deserialize, Serialize};

/// Paths of the admin API.
pub mod paths {
    /// `GET`: [`Status`](crate::Status); query [`StatusQuery`](crate::StatusQuery).
    pub const STATUS: &str = "/v1/status";
    /// `POST`: [`ConfigurationRequest`](crate::ConfigurationRequest).
    pub const CONFIGURATION: &str = "/v1/configuration";
    /// `POST`: [`TransferRequest`](crate::TransferRequest).
    pub const TRANSFER: &str = "/v1/transfer";
    /// `POST` without a body: become unready, hand leadership over, go on serving until SIGTERM.
    pub const DRAIN: &str = "/v1/drain";
    /// `POST` without a body: write a snapshot now.
    pub const SNAPSHOT: &str = "/v1/snapshot";
    /// `GET`, of a LockService: [`LocksResponse`](crate::LocksResponse); query [`LocksQuery`](crate::LocksQuery).
    pub const LOCKS: &str = "/v1/locks";
    /// `GET`, of a LockService: [`SessionsResponse`](crate::SessionsResponse); query [`SessionsQuery`](crate::SessionsQuery).
    pub const SESSIONS: &str = "/v1/sessions";
}

/// Query of `GET /v1/status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusQuery {
    /// Answer only when the generation differs from this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// But not later than this: seconds, as `30s`. At most `60s`, which is also the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<String>,
}

/// Changes the configuration by one step. Any member takes it and hands it to the leader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationRequest {
    /// The id of the configuration the caller decided on: if another one holds by now, the answer is
    /// [`ErrorCode::Conflict`]. `None` takes whatever holds.
    pub expected: Option<u64>,
    /// The step.
    pub change: Change,
}

/// One step from a configuration to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Adds a member: joining (promoted by the leader when it has caught up), or a learner for good.
    Add {
        /// Its number, never used before in this group.
        number: u64,
        /// True: a read replica, never promoted.
        #[serde(default)]
        learner: bool,
        /// Its name and addresses.
        member: MemberSpec,
    },
    /// Makes a member that has caught up a voter now.
    Promote {
        /// A joining member or learner.
        number: u64,
    },
    /// Removes a member.
    Remove {
        /// Any member but the last voter.
        number: u64,
    },
    /// Removes the voter `out` and makes the caught-up member `into` a voter, in one step.
    Swap {
        /// A voter.
        out: u64,
        /// A joining member or learner that has caught up.
        into: u64,
    },
    /// Replaces a member's name and addresses.
    Update {
        /// A member.
        number: u64,
        /// What holds from now on.
        member: MemberSpec,
    },
}

/// A member's name and addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberSpec {
    /// Its name.
    pub name: String,
    /// Where its peer listener is dialled: `host:port`.
    pub peer_address: String,
    /// Peer URLs as etcd's API shows them; empty: made from `peer_address`.
    #[serde(default)]
    pub peer_urls: Vec<String>,
    /// Client URLs as etcd's API shows them.
    #[serde(default)]
    pub client_urls: Vec<String>,
}

/// The step was taken and is in force on the member that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationResponse {
    /// The new configuration's id.
    pub id: u64,
}

/// Hands leadership over. Answered by the leader; others answer [`ErrorCode::NotLeader`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The voter that should lead; `None`: the most advanced one.
    #[serde(default)]
    pub to: Option<u64>,
}

/// The transfer was begun; watch the status for its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferResponse {}

/// The member is unready and does not lead any more, if another could.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainResponse {
    /// Whether it still leads (the only voter, or no other was ready in time).
    pub leads: bool,
}

/// The snapshot is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotResponse {
    /// The slot it stands for.
    pub slot: u64,
}

/// The body of every answer that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message} ({code:?})")]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what is wrong and what to do.
    pub message: String,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request does not read or makes no sense. HTTP 400.
    Invalid,
    /// The certificate may not do this. HTTP 403.
    Forbidden,
    /// No such path or member. HTTP 404.
    NotFound,
    /// The configuration is another one than expected. HTTP 409.
    Conflict,
    /// The step is not allowed as things are. HTTP 409.
    NotAllowed,
    /// The member named has not caught up. HTTP 409.
    NotCaughtUp,
    /// Only the leader answers this. HTTP 421.
    NotLeader,
    /// Too much is under way, or a change is: try again. HTTP 429.
    Busy,
    /// This member does not serve. HTTP 503.
    Stopped,
    /// No leader is known. The change may still happen. HTTP 503.
    NoLeader,
    /// Not decided in time. The change may still happen. HTTP 504.
    TimedOut,
}

impl ErrorCode {
    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict | Self::NotAllowed | Self::NotCaughtUp => 409,
            Self::NotLeader => 421,
            Self::Busy => 429,
            Self::Stopped | Self::NoLeader => 503,
            Self::TimedOut => 504,
        }
    }
}
