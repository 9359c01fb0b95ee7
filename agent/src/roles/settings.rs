//! The configuration file's words as the driver, the machine and the front end understand them.

use std::collections::BTreeMap;
use std::time::Duration;

use synod_agent_api::{AgentConfig, InitialMember, Kind, ReadMode, Start};
use synod_kv::{Limits, Store};
use synod_paxos::{Configuration, Member, MemberRole, Node, Span, Timing};
use synod_replica::{Bounds, ClusterUid, MemberContext, Settings, StartMode};

use crate::{clock, etcd, zookeeper};

/// The highest feature level this build knows. A group acts by the highest one that all of its members know:
///
/// | level | since then |
/// |---|---|
/// | 1 | everything but what follows |
/// | 2 | a ConsensusGroup keeps fences (`synod_kv::FENCES_LEVEL`), a LockService the name of its incarnation (`synod_znode::INCARNATION_LEVEL`) |
pub(super) const LEVEL_MAX: u32 = 2;

/// The replicated group within the process's log.
const GROUP: u32 = 1;

/// How far members that no client calls may lag behind what is decided, for the sake of a message saved by each put. The
/// others are told at once: who goes from member to member sees a lag of even 2 ms in serializable reads and in watches from
/// the past.
const DECIDE_DELAY: Span = Span::from_millis(2);

/// Bytes of a command around what the client sent.
const COMMAND_OVERHEAD_BYTES: u64 = 512 << 10;

/// An empty key-value store.
pub(super) fn store(config: &AgentConfig) -> Store {
    Store::new(synod_kv::Settings {
        limits: Limits {
            quota_bytes: config.limits.state_bytes_max,
            ..Limits::default()
        },
        ..synod_kv::Settings::default()
    })
}

/// An empty tree of nodes.
#[must_use]
pub fn znodes(config: &AgentConfig) -> synod_znode::Store {
    let zookeeper = config.zookeeper();
    synod_znode::Store::new(synod_znode::Settings {
        limits: synod_znode::Limits {
            quota_bytes: config.limits.state_bytes_max,
            enforce_quotas: zookeeper.enforce_quotas,
            timeout_ms_min: zookeeper.session_timeout_ms_min,
            timeout_ms_max: zookeeper.session_timeout_ms_max,
        },
        members: None,
    })
}

/// What the driver is opened with.
#[must_use]
pub fn driver(config: &AgentConfig) -> Settings {
    Settings {
        node: Node(config.number),
        cluster: cluster(config.cluster_uid),
        group: GROUP,
        context: own_context(config),
        start: match config.start {
            Start::Bootstrap => StartMode::Bootstrap {
                initial: initial(config),
            },
            Start::Join => StartMode::Join,
            Start::Resume => StartMode::Resume,
            Start::Recover => StartMode::Recover {
                // Validation has seen to it that there is one.
                former: cluster(config.former_cluster_uid.unwrap_or_default()),
            },
        },
        timing: timing(config),
        core: synod_paxos::Bounds::default(),
        wall_ms: clock::wall_ms(),
        level_max: LEVEL_MAX,
        bounds: Bounds {
            command_bytes_max: usize_of(client_bytes_max(config) + COMMAND_OVERHEAD_BYTES),
            outstanding_max: config.limits.requests_max as usize,
            segment_bytes: config.snapshot.segment_bytes,
            snapshot_log_bytes: config.snapshot.log_bytes,
            ..Bounds::default()
        },
    }
}

/// Bytes from a client in one command: a request, or a run of them that the last one may exceed by itself.
fn client_bytes_max(config: &AgentConfig) -> u64 {
    match config.kind {
        Kind::LockService => config.zookeeper().packet_bytes_max + zookeeper::RUN_BYTES_MAX as u64,
        _ => config.limits.request_bytes_max,
    }
}

const fn cluster(uid: synod_agent_api::ClusterUid) -> ClusterUid {
    ClusterUid(uid.0.to_be_bytes())
}

fn timing(config: &AgentConfig) -> Timing {
    let timing = &config.timing;
    Timing {
        heartbeat: Span::from_millis(timing.heartbeat_ms),
        election: Span::from_millis(timing.election_ms),
        decide_delay: DECIDE_DELAY,
        lease: timing.lease.as_ref().map(|lease| synod_paxos::Lease {
            length: Span::from_millis(lease.length_ms),
            drift_ppm: lease.drift_ppm,
        }),
    }
}

fn usize_of(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The first configuration: equal on all members, since it is made of `members` alone.
fn initial(config: &AgentConfig) -> Configuration {
    let members: BTreeMap<Node, Member> = config
        .members
        .iter()
        .map(|member| {
            let voter = Member {
                role: MemberRole::Voter,
                context: context(member, config).encode(),
            };
            (Node(member.number), voter)
        })
        .collect();
    Configuration::initial(members)
}

fn context(member: &InitialMember, config: &AgentConfig) -> MemberContext {
    let scheme = if config.tls.peer.insecure {
        "http"
    } else {
        "https"
    };
    MemberContext {
        name: member.name.clone(),
        peer_address: member.peer_address.clone(),
        client_urls: member.client_urls.clone(),
        peer_urls: match &member.peer_urls[..] {
            [] => vec![format!("{scheme}://{}", member.peer_address)],
            urls => urls.to_vec(),
        },
        disk_id: 0,
    }
}

/// What this member tells about itself when it lost its disk.
fn own_context(config: &AgentConfig) -> MemberContext {
    let listed = config.members.iter().find(|m| m.number == config.number);
    let listed = listed.map_or_else(MemberContext::default, |own| context(own, config));
    let or = |urls: &[String], listed: Vec<String>| match urls {
        [] => listed,
        urls => urls.to_vec(),
    };
    MemberContext {
        name: config.name.clone(),
        peer_address: config
            .advertise
            .peer_address
            .clone()
            .unwrap_or(listed.peer_address),
        client_urls: or(&config.advertise.client_urls, listed.client_urls),
        peer_urls: or(&config.advertise.peer_urls, listed.peer_urls),
        disk_id: 0,
    }
}

/// What the front end is started with.
pub(super) fn front(config: &AgentConfig) -> etcd::Settings {
    let limits = &config.limits;
    etcd::Settings {
        request_bytes_max: usize_of(limits.request_bytes_max),
        txn_ops_max: limits.txn_operations_max as usize,
        watch_progress_interval: Duration::from_millis(limits.watch_progress_interval_ms),
        no_leader_grace: 3 * Duration::from_millis(config.timing.election_ms),
    }
}

/// Requests that the engine takes and no client of ZooKeeper's protocol uses: pings, people's.
const REQUESTS_KEPT: usize = 1_024;

/// What waits on connections has at least so much room.
const BUFFERS_BYTES_MIN: u64 = 16 << 20;

/// Watches have at least so much room.
const WATCHES_BYTES_MIN: u64 = 16 << 20;

/// What the ZooKeeper front end is started with.
#[must_use]
pub fn zookeeper(config: &AgentConfig) -> zookeeper::Settings {
    let settings = config.zookeeper();
    let limits = &config.limits;
    zookeeper::Settings {
        frame_bytes_max: usize_of(settings.packet_bytes_max),
        reads: match settings.reads {
            ReadMode::Local => zookeeper::Reads::Local,
            ReadMode::Linearizable => zookeeper::Reads::Linearizable,
        },
        // Each has one request under way at most: the engine takes those of all, and what people ask besides.
        connections_max: (limits.requests_max as usize)
            .saturating_sub(REQUESTS_KEPT)
            .max(1),
        buffers_bytes_max: (limits.state_bytes_max / 4).max(BUFFERS_BYTES_MIN),
        watches_bytes_max: (limits.state_bytes_max / 8).max(WATCHES_BYTES_MIN),
        words: settings.four_letter_words,
        super_digest: settings.super_digest,
        measured_locks: settings.measured_locks,
        // A client gives up a member that is silent for two thirds of its session's time-out.
        leader_patience: Duration::from_millis(u64::from(settings.session_timeout_ms_min) / 2),
        ..zookeeper::Settings::default()
    }
}
