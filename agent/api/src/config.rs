//! The agent's configuration file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Cache, ClusterUid, Identity, Kind};

/// The ports agents listen on by default.
pub mod ports {
    /// Clients (etcd v3).
    pub const CLIENT: u16 = 2379;
    /// Members among themselves.
    pub const PEER: u16 = 2380;
    /// The admin API (mutual TLS).
    pub const ADMIN: u16 = 2381;
    /// Health and metrics, plain.
    pub const HEALTH: u16 = 2382;
    /// Clients of a LockService, where ZooKeeper's look for it. No agent's default: `listen.client` says it.
    pub const ZOOKEEPER: u16 = 2181;
    /// Clients of a CacheCluster, where Redis's look for it. No agent's default: `listen.client` says it.
    pub const REDIS: u16 = 6379;
}

/// What `synod-agent --config FILE` reads: YAML, unknown fields refused.
///
/// Every absolute path in it is taken under the directory that the environment variable `SYNOD_ROOT` names, if it is
/// set. `SYNOD_BIND_ADDRESS`, if set, replaces the unspecified address (`0.0.0.0`, `::`) of listeners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// The group's UID. The data directory and all peers must have the same one.
    pub cluster_uid: ClusterUid,
    /// With `start: recover`: the UID of the group that lost its quorum for good, which the data directory belongs to. Nothing
    /// else may have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_cluster_uid: Option<ClusterUid>,
    /// What the agent serves.
    #[serde(default)]
    pub kind: Kind,
    /// The resource's name, as it stands in certificates (`config`).
    pub group: String,
    /// The member's name (`config-cg-1`), unique in the group.
    pub name: String,
    /// The member's number: not 0, never used before in this group.
    pub number: u64,
    /// What an empty data directory means, or one of a group that is no more.
    #[serde(default)]
    pub start: Start,
    /// The members to begin with. With `start: bootstrap` they are the first configuration, all of them voters, and
    /// must contain this member; otherwise they only say whom to dial before the log tells.
    #[serde(default)]
    pub members: Vec<InitialMember>,
    /// Where the log and the snapshots are kept: a directory of this member alone. Created if it does not exist.
    pub data_dir: PathBuf,
    /// Where to listen.
    #[serde(default)]
    pub listen: Listen,
    /// How others reach this member.
    #[serde(default)]
    pub advertise: Advertise,
    /// Certificates.
    pub tls: Tls,
    /// Heartbeats, elections, leases.
    #[serde(default)]
    pub timing: Timing,
    /// Bounds on what clients may store and ask.
    #[serde(default)]
    pub limits: Limits,
    /// What a LockService's clients are given; of no concern to other kinds. Defaults where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zookeeper: Option<ZooKeeper>,
    /// What a CacheCluster keeps, and how; of no concern to other kinds. Defaults where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// When snapshots are written.
    #[serde(default)]
    pub snapshot: Snapshot,
    /// How the agent stops.
    #[serde(default)]
    pub drain: Drain,
    /// Threads.
    #[serde(default)]
    pub runtime: Runtime,
    /// Logging.
    #[serde(default)]
    pub log: Log,
}

impl AgentConfig {
    /// What a LockService's clients are given.
    #[must_use]
    pub fn zookeeper(&self) -> ZooKeeper {
        self.zookeeper.clone().unwrap_or_default()
    }

    /// What a CacheCluster keeps, and how.
    #[must_use]
    pub fn cache(&self) -> Cache {
        self.cache.clone().unwrap_or_default()
    }

    /// This member's identity, as its certificate must state it.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            cluster: self.cluster_uid,
            kind: self.kind,
            name: self.group.clone(),
            number: self.number,
        }
    }
}

/// What an empty data directory means, or one of a group that is no more. A directory that holds this member's data is
/// always resumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The group begins: the directory is formatted and `members` are the first configuration. The member votes once it has
    /// met all of them; if one of them knew it with another directory, it is taken in again as a learner.
    Bootstrap,
    /// The member joins a group that exists: the directory is formatted, the leader will get in touch. The member votes once
    /// the group was told of the directory.
    Join,
    /// The directory was lost: the member quarantines itself, and is taken in again as a learner.
    #[default]
    Resume,
    /// A majority of the voters lost their directories for good, and a person decided to go on with what this one has: a
    /// whole directory of the group `former_cluster_uid` becomes the beginning of the group `cluster_uid`, which is a new one
    /// and has this member alone. Writes that only the lost members knew are lost; watches of before end as compacted. An
    /// empty or damaged directory, or one of another group, is refused and left as it is; one that was recovered before is
    /// resumed. Only one directory may ever be recovered into one `cluster_uid`.
    Recover,
}

/// A member to begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialMember {
    /// Its number, not 0.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Where its peer listener is dialled: `host:port`.
    pub peer_address: String,
    /// Peer URLs as etcd's member list shows them; empty: made from `peer_address`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub peer_urls: Vec<String>,
    /// Client URLs as etcd's member list shows them.
    #[serde(default)]
    pub client_urls: Vec<String>,
}

/// Where to listen: `address:port` each; port 0 lets the system choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Clients. Default `0.0.0.0:2379`.
    pub client: SocketAddr,
    /// Peers. Default `0.0.0.0:2380`.
    pub peer: SocketAddr,
    /// Admin API. Default `0.0.0.0:2381`.
    pub admin: SocketAddr,
    /// Health and metrics. Default `0.0.0.0:2382`.
    pub health: SocketAddr,
}

impl Default for Listen {
    fn default() -> Self {
        let any = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port);
        Self {
            client: any(ports::CLIENT),
            peer: any(ports::PEER),
            admin: any(ports::ADMIN),
            health: any(ports::HEALTH),
        }
    }
}

/// How others reach this member. Shown in etcd's member list; of a member in `members`, what stands there holds until the
/// group's configuration says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Advertise {
    /// Where its peer listener is dialled: `host:port`. Told to the group by a member that lost its data directory;
    /// `None`: as it stands in `members`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_address: Option<String>,
    /// URLs for clients (`http://config-cg-1.config-cg-peer:2379`).
    pub client_urls: Vec<String>,
    /// URLs for peers, as etcd shows them.
    pub peer_urls: Vec<String>,
}

/// Certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The client listener.
    #[serde(default)]
    pub client: ClientTls,
    /// Peer listener, peer connections and the admin listener: always mutual, unless explicitly insecure.
    pub peer: PeerTls,
}

/// TLS of the client listener. Files are read again when they change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientTls {
    /// How clients are met.
    pub mode: ClientTlsMode,
    /// Certificate chain, PEM. Needed unless `mode` is `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    /// Private key, PEM. Needed unless `mode` is `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// CA bundle that client certificates must come from, PEM. Needed if `mode` is `optional` or `mutual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

/// How clients are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientTlsMode {
    /// In plain text.
    #[default]
    Disabled,
    /// By TLS; clients show no certificate.
    Server,
    /// By TLS; clients may show a certificate, which must be of `ca` then.
    Optional,
    /// By TLS; clients must show a certificate of `ca`.
    Mutual,
}

/// Mutual TLS among members and on the admin listener. Files are read again when they change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PeerTls {
    /// Certificate chain, PEM; its URI subject alternative name is this member's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert: Option<PathBuf>,
    /// Private key, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// CA bundle that peers' and the operator's certificates must come from, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// True: no TLS and no authentication on peer and admin listeners. For tests and benchmarks only: whoever reaches
    /// the ports can change everything.
    pub insecure: bool,
}

/// Heartbeats, elections, leases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// Milliseconds between a leader's heartbeats. Default 100.
    pub heartbeat_ms: u64,
    /// Milliseconds without a heartbeat after which a member tries to lead, made longer at random by up to as much
    /// again. Default 1000; at least five heartbeats.
    pub election_ms: u64,
    /// Leader leases: reads without asking the others. Off by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat_ms: 100,
            election_ms: 1000,
            lease: None,
        }
    }
}

/// A leader's lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// Its length in milliseconds, at most the election time-out.
    pub length_ms: u64,
    /// How far apart two members' clocks may drift, in parts per million. Default 1000.
    #[serde(default = "drift_default")]
    pub drift_ppm: u32,
}

const fn drift_default() -> u32 {
    1000
}

/// Bounds on what clients may store and ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Bytes of state beyond which writes that grow it are refused. Default 2 GiB.
    pub state_bytes_max: u64,
    /// Bytes of one request. Default 1.5 MiB, as etcd's.
    pub request_bytes_max: u64,
    /// Operations of one transaction. Default 128, as etcd's.
    pub txn_operations_max: u32,
    /// Requests under way on this member; beyond it they are refused as too many. Default 65536.
    pub requests_max: u32,
    /// Milliseconds of quiet after which a watch that wants it is told how far it has come. Default 10 minutes, as
    /// etcd's; at least 100.
    pub watch_progress_interval_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            state_bytes_max: 2 << 30,
            request_bytes_max: 3 << 19,
            txn_operations_max: 128,
            requests_max: 65_536,
            watch_progress_interval_ms: 600_000,
        }
    }
}

/// When snapshots are written, and in which pieces the log is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Snapshot {
    /// Bytes of log after which a snapshot is written and older log is removed. Default 64 MiB.
    pub log_bytes: u64,
    /// Size of a log file, preallocated. Default 16 MiB.
    pub segment_bytes: u64,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            log_bytes: 64 << 20,
            segment_bytes: 16 << 20,
        }
    }
}

/// How the agent stops on SIGTERM: unready, leadership handed over, endpoints waited for, connections drained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drain {
    /// Milliseconds between becoming unready and refusing connections, for endpoints to be withdrawn everywhere. Default
    /// 5000; local mode uses 0.
    pub endpoints_wait_ms: u64,
    /// Milliseconds after which what is still open is closed. Default 10000.
    pub timeout_ms: u64,
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            endpoints_wait_ms: 5000,
            timeout_ms: 10_000,
        }
    }
}

/// What a LockService's clients are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ZooKeeper {
    /// The shortest time-out of a session that is granted. Default 4000, ZooKeeper's at its usual tick of 2 s.
    pub session_timeout_ms_min: u32,
    /// The longest. Default 40000.
    pub session_timeout_ms_max: u32,
    /// Where reads are served.
    pub reads: ReadMode,
    /// Bytes of one packet: ZooKeeper's `jute.maxbuffer`. Default 4 MiB.
    pub packet_bytes_max: u64,
    /// Whether hard limits under `/zookeeper/quota` are enforced: ZooKeeper's `enforceQuota`.
    pub enforce_quotas: bool,
    /// The four-letter words that are answered; `*` is all. Default `srvr`, `ruok`, `isro`.
    pub four_letter_words: Vec<String>,
    /// Whoever authenticates by the scheme `digest` and is `name:base64(sha1(name:password))` may do everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub super_digest: Option<String>,
    /// Where clients come in plain text, beside `listen.client`, which is by TLS then. By default nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_listen: Option<SocketAddr>,
    /// A file of those who may log in by SASL (DIGEST-MD5): a line `name:password` for each. Read at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sasl_users_file: Option<PathBuf>,
    /// Paths of locks that have metrics of their own: at most [`MEASURED_LOCKS_MAX`](crate::MEASURED_LOCKS_MAX), since each is a
    /// series of every member.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measured_locks: Vec<String>,
}

impl Default for ZooKeeper {
    fn default() -> Self {
        Self {
            session_timeout_ms_min: 4_000,
            session_timeout_ms_max: 40_000,
            reads: ReadMode::Local,
            packet_bytes_max: 4 << 20,
            enforce_quotas: false,
            four_letter_words: ["srvr", "ruok", "isro"].map(str::to_owned).to_vec(),
            super_digest: None,
            plain_listen: None,
            sasl_users_file: None,
            measured_locks: Vec::new(),
        }
    }
}

/// Where reads are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadMode {
    /// By the member that is asked, as it is: ZooKeeper's way. A client that wants what is newest sends `sync` before.
    #[default]
    Local,
    /// Once everything that was decided before is applied: as if `sync` came before each.
    Linearizable,
}

/// Threads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Runtime {
    /// Threads that carry connections and the replica's loop; the disk has one more. Default 1: one thread carries
    /// everything without waking another.
    pub workers: u32,
}

impl Default for Runtime {
    fn default() -> Self {
        Self { workers: 1 }
    }
}

/// Logging, to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Form of a line.
    pub format: LogFormat,
    /// What to log, as tracing's filters are written (`info`, `synod_agent=debug,info`). Default `info`.
    pub filter: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Json,
            filter: "info".to_owned(),
        }
    }
}

/// Form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}
