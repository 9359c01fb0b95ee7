//! The agent's configuration file and admin API as types, shared by agent, operator, local mode and tests.
//!
//! - [`AgentConfig`]: what `synod-agent --config FILE` reads. [`AgentConfig::parse`] is the only way from text to a
//!   value that is whole; what is wrong is told with its place and its cure.
//! - [`Status`] and the requests beside it: the JSON bodies of the admin listener.
//! - [`Identity`]: who a certificate says somebody is.
//!
//! This crate promises that what one side writes the other side reads, and that unknown fields are refused. It knows
//! nothing of sockets, files, Kubernetes or Paxos.

mod admin;
mod cache;
mod config;
mod identity;
mod locks;
mod status;
mod validate;

pub use admin::{
    ApiError, Change, ConfigurationRequest, ConfigurationResponse, DrainResponse, ErrorCode,
    MemberSpec, SnapshotResponse, StatusQuery, TransferRequest, TransferResponse, paths,
};
pub use cache::{Cache, Fsync};
pub use config::{
    Advertise, AgentConfig, ClientTls, ClientTlsMode, Drain, InitialMember, Lease, Limits, Listen,
    Log, LogFormat, PeerTls, ReadMode, Runtime, Snapshot, Start, Timing, Tls, ZooKeeper, ports,
};
pub use identity::{ClusterUid, Identity, IdentityError, Kind, OPERATOR_URI, Principal};
pub use locks::{
    CONTENDERS_MAX, LOCKS_MAX, LockContender, LockMode, LockState, LockStatus, LocksQuery,
    LocksResponse, MEASURED_LOCKS_MAX, SESSIONS_MAX, SessionStatus, SessionsQuery,
    SessionsResponse,
};
pub use status::{
    BallotStatus, ConfigurationStatus, DiskState, DiskStatus, MemberRole, MemberStatus, Quarantine,
    Role, Status,
};
pub use validate::{ConfigError, Problem};
