//! What an agent tells about itself: `GET /v1/status`.

use serde::{Deserialize, Serialize};

use crate::{ClusterUid, Kind};

/// A member as it sees itself and its group.
///
/// `generation` grows when a fact changes that somebody acts on (role, leader, configuration, who has caught up,
/// readiness, quarantine, disk, certificate), not with every decided entry; it begins anew with the process. `GET
/// /v1/status?after=<generation>&wait=30s` answers as soon as it differs from `after`, and at the latest after `wait`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Grows with every event worth acting on; differs between two runs of a process.
    pub generation: u64,
    /// The group.
    pub cluster_uid: ClusterUid,
    /// What is served.
    pub kind: Kind,
    /// The member's name.
    pub name: String,
    /// The member's number.
    pub number: u64,
    /// The member's id in etcd's API, hexadecimal, as etcdctl prints it.
    pub etcd_member_id: String,
    /// The group's id in etcd's API, hexadecimal.
    pub etcd_cluster_id: String,
    /// What the member is at the moment.
    pub role: Role,
    /// The number of the leader it follows, or is.
    pub leader: Option<u64>,
    /// The ballot it is in.
    pub ballot: BallotStatus,
    /// The ballot below which it promises nothing.
    pub promised: BallotStatus,
    /// The configuration in force here.
    pub configuration: ConfigurationStatus,
    /// The last slot known as decided.
    pub decided: u64,
    /// The last slot accepted, in `ballot`: nothing after it was promised.
    #[serde(default)]
    pub last: u64,
    /// The last slot applied.
    pub applied: u64,
    /// The first slot still in the log.
    pub first: u64,
    /// Whether a group that lost its quorum for good could go on with what this member has (start mode `recover`): its disk
    /// has all that it promised, and the group knows the disk. Agents of before that mode never say so.
    #[serde(default)]
    pub recoverable: bool,
    /// Set if the member does not vote, or does not serve, and what to do.
    pub quarantined: Option<Quarantine>,
    /// The data directory.
    pub disk: DiskStatus,
    /// The feature level in force.
    pub feature_level: u32,
    /// The highest feature level this build knows.
    pub feature_level_max: u32,
    /// The agent's version.
    pub version: String,
    /// When the peer certificate in use ends (RFC 3339); `None` without TLS.
    pub certificate_not_after: Option<String>,
    /// SHA-256 fingerprint of the peer certificate in use, hexadecimal; `None` without TLS, or while a listener that reads
    /// the same files still uses what they held before.
    #[serde(default)]
    pub certificate_fingerprint: Option<String>,
    /// SHA-256 fingerprints of the CA certificates in use for peers, and for clients where these are the same files;
    /// hexadecimal, sorted.
    pub ca_fingerprints: Vec<String>,
    /// Whether the member should get clients: it has caught up and heard of a leader recently.
    pub ready: bool,
    /// Why it is not ready; empty if it is.
    pub not_ready_because: String,
}

impl Status {
    /// Whether this member leads.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.role == Role::Leader
    }

    /// Whether this member leads or heard of a leader lately, as far as it can tell: one that votes looks for another leader
    /// when it hears of none, one that does not vote remembers the last.
    #[must_use]
    pub fn hears_leader(&self) -> bool {
        let votes = matches!(self.role, Role::Leader | Role::Follower | Role::Candidate);
        self.ready || self.leads() || votes && self.leader.is_some()
    }

    /// How much this member knows of what its group decided or may have, to be compared with others of the group: of two
    /// configurations the later one counts, of two logs the one that is accepted in the higher ballot, then the longer one.
    #[must_use]
    pub const fn knowledge(&self) -> (u64, BallotStatus, u64) {
        (self.configuration.id, self.ballot, self.last)
    }

    /// Whether this member has all that it ever promised.
    #[must_use]
    pub fn has_promises(&self) -> bool {
        let lost = |quarantine: &Quarantine| quarantine.promises_lost;
        !self.quarantined.as_ref().is_some_and(lost)
    }
}

/// What a member is at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It leads.
    Leader,
    /// A voter that follows, or looks for, a leader.
    #[default]
    Follower,
    /// A voter that tries to lead.
    Candidate,
    /// It receives the log and does not vote: joining, or a read replica.
    Learner,
    /// It lost its promises and waits to be taken in again.
    Quarantined,
}

/// A ballot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BallotStatus {
    /// The round; etcd's API calls it the term.
    pub round: u64,
    /// The number of the member that leads in it.
    pub node: u64,
}

/// A configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationStatus {
    /// Its id: what `expected` of a change is compared with. 0 while the member knows none.
    pub id: u64,
    /// The highest number that a member of the group ever had: new ones are higher.
    pub highest: u64,
    /// Its members, by number.
    pub members: Vec<MemberStatus>,
}

/// A member of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberStatus {
    /// Its number.
    pub number: u64,
    /// Its name; empty if it was added without one and has not told it yet.
    pub name: String,
    /// How it takes part.
    pub role: MemberRole,
    /// Where it is dialled: `host:port`.
    pub peer_address: String,
    /// Its peer URLs, as etcd's API shows them.
    pub peer_urls: Vec<String>,
    /// Its client URLs, as etcd's API shows them.
    pub client_urls: Vec<String>,
    /// Whether it has caught up with the log; only the leader knows (`None` elsewhere).
    pub caught_up: Option<bool>,
    /// Slots it is behind what is decided; only the leader knows.
    pub lag: Option<u64>,
    /// Whether it was heard of lately; only the leader knows.
    pub active: Option<bool>,
}

/// How a member takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Counted in quorums.
    Voter,
    /// Not counted yet; promoted when it has caught up.
    Joining,
    /// Never counted: a read replica.
    Learner,
}

/// Why a member does not vote, or does not serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// What happened.
    pub reason: String,
    /// What to do, or what is under way.
    pub cure: String,
    /// Whether what the member promised is lost for good, and with it its vote, until the group takes it in again.
    #[serde(default)]
    pub promises_lost: bool,
}

/// The data directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskStatus {
    /// How it is.
    pub state: DiskState,
    /// The id it was given when it was formatted, 32 hexadecimal digits.
    pub id: String,
    /// Bytes of log and snapshots.
    pub bytes: u64,
    /// What is wrong; empty if nothing is.
    pub message: String,
}

/// How the disk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiskState {
    /// It takes writes.
    #[default]
    Healthy,
    /// No space is left: the member does not vote until there is some.
    Full,
    /// A write or sync failed: the member does not vote in this run.
    Failed,
}
