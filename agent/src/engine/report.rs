//! The driver's status as the admin API tells it.

use std::sync::Arc;

use synod_agent_api as api;
use synod_agent_api::{AgentConfig, BallotStatus, ConfigurationStatus, MemberStatus, Role};
use synod_paxos::{Ballot, Member, MemberProgress, MemberRole, Node, RoleName};
use synod_replica::{DiskState, DriverStatus, MemberContext, Now, Phase, Quarantine};

use crate::clock;
use crate::tls::Certificates;

/// What a status tells besides what the driver knows.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The configuration file's content.
    pub config: Arc<AgentConfig>,
    /// This member's id in etcd's API.
    pub etcd_member_id: u64,
    /// The highest feature level this build knows.
    pub level_max: u32,
    /// The peer certificates, if there are any, and after them others that are read from the same files.
    pub certificates: Vec<Arc<Certificates>>,
    /// The last generation published; begins with a number that no earlier run of this member reached.
    pub generation: u64,
}

impl Facts {
    /// A first generation beyond those of earlier runs: milliseconds since 1970, times 1024. JavaScript's and jq's
    /// numbers hold it exactly until the year 2248.
    #[must_use]
    pub fn first_generation() -> u64 {
        clock::wall_ms() << 10
    }
}

/// What the admin API tells of `driver` at `now` by the driver's clock; `unready`: it is being drained.
#[must_use]
pub fn status_of(driver: &DriverStatus, facts: &Facts, unready: bool, now: Now) -> api::Status {
    let core = driver.core.as_ref();
    let config = &facts.config;
    let not_ready_because = not_ready_because(driver, Node(config.number), unready);
    let decided = core.map_or(0, |core| core.decided.0);
    api::Status {
        generation: facts.generation,
        cluster_uid: config.cluster_uid,
        kind: config.kind,
        name: config.name.clone(),
        number: config.number,
        etcd_member_id: format!("{:x}", facts.etcd_member_id),
        etcd_cluster_id: format!("{:x}", config.cluster_uid.etcd_cluster_id()),
        role: role(driver),
        leader: core.and_then(|core| core.leader).map(|leader| leader.0),
        ballot: core.map_or_else(BallotStatus::default, |core| ballot(core.accepted)),
        promised: core.map_or_else(BallotStatus::default, |core| ballot(core.promised)),
        configuration: core
            .filter(|_| !driver.is_founding())
            .map_or_else(ConfigurationStatus::default, |core| {
                configuration(core, &driver.following, config, now)
            }),
        decided: decided.max(driver.applied.0),
        last: core.map_or(0, |core| core.last.0),
        applied: driver.applied.0,
        first: core.map_or(0, |core| core.first.0),
        recoverable: driver.whole,
        quarantined: quarantine(driver),
        disk: disk(driver),
        feature_level: driver.level,
        feature_level_max: facts.level_max,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        certificate_not_after: facts.certificates.first().and_then(|c| c.not_after()),
        certificate_fingerprint: certificate_in_use(&facts.certificates),
        ca_fingerprints: trusted(&facts.certificates),
        ready: not_ready_because.is_empty(),
        not_ready_because,
    }
}

/// The certificate that all of them use: whoever acts on it must not be told of it too early.
fn certificate_in_use(all: &[Arc<Certificates>]) -> Option<String> {
    let (first, others) = all.split_first()?;
    let fingerprint = first.fingerprint();
    let agree = others
        .iter()
        .all(|other| other.fingerprint() == fingerprint);
    agree.then_some(fingerprint)
}

/// The authorities that all of them trust.
fn trusted(all: &[Arc<Certificates>]) -> Vec<String> {
    let Some((first, others)) = all.split_first() else {
        return Vec::new();
    };
    let mut trusted = first.ca_fingerprints();
    for other in others {
        let its = other.ca_fingerprints();
        trusted.retain(|fingerprint| its.contains(fingerprint));
    }
    trusted
}

fn not_ready_because(driver: &DriverStatus, me: Node, unready: bool) -> String {
    if driver.is_founding() {
        let awaited = match driver.awaited_founders.as_slice() {
            [] => String::new(),
            awaited => format!("; not met yet: {}", numbers(awaited)),
        };
        return format!("the group begins once all its first members have met{awaited}");
    }
    let why = match &driver.phase {
        Phase::Opening => "the data directory is being opened",
        Phase::Recovering => "a new group is being made of what the data directory has",
        Phase::Quarantined(_) => "the member is quarantined",
        Phase::Running if driver.amnesiac => {
            "the member lost its data directory and waits to be taken in again"
        }
        Phase::Running if driver.draining => "the member is stopping",
        Phase::Running if unready => "the member is being drained",
        Phase::Running if driver.ready => "",
        Phase::Running if is_joining(driver, me) => {
            "the group takes this member in once it has caught up"
        }
        Phase::Running => "no leader was heard of lately, or the member lags",
    };
    why.to_owned()
}

fn is_joining(driver: &DriverStatus, me: Node) -> bool {
    let core = driver.core.as_ref();
    let member = core.and_then(|core| core.configuration.members.get(&me));
    member.is_some_and(|member| member.role == MemberRole::Joining)
}

/// As `1, 2, 3`.
fn numbers(members: &[Node]) -> String {
    let numbers: Vec<String> = members.iter().map(|node| node.0.to_string()).collect();
    numbers.join(", ")
}

fn role(driver: &DriverStatus) -> Role {
    if matches!(driver.phase, Phase::Quarantined(_)) {
        return Role::Quarantined;
    }
    if driver.amnesiac {
        return Role::Quarantined;
    }
    match driver.core.as_ref().map(|core| core.role) {
        Some(RoleName::Leader) => Role::Leader,
        Some(RoleName::Candidate) => Role::Candidate,
        // One without standing that did not lose it has just joined.
        Some(RoleName::Learner | RoleName::Amnesiac) => Role::Learner,
        Some(RoleName::Follower | RoleName::Founder) | None => Role::Follower,
    }
}

const fn ballot(ballot: Ballot) -> BallotStatus {
    BallotStatus {
        round: ballot.round,
        node: ballot.node.0,
    }
}

fn configuration(
    core: &synod_paxos::Status,
    following: &[Node],
    config: &AgentConfig,
    now: Now,
) -> ConfigurationStatus {
    let members = core.configuration.members.iter();
    ConfigurationStatus {
        id: core.configuration.id.0,
        highest: core.configuration.highest.0,
        members: members
            .map(|(node, member)| {
                let progress = core.members.iter().find(|(other, _)| other == node);
                let follows = following.contains(node);
                let seen = match progress {
                    Some((_, progress)) => Seen::of(core, progress, follows, config, now),
                    None if core.role == RoleName::Leader && node.0 == config.number => {
                        Seen::ITSELF
                    }
                    None => Seen::default(),
                };
                member_status(*node, member, seen)
            })
            .collect(),
    }
}

/// What a leader sees of a member; nobody else sees anything.
#[derive(Default)]
struct Seen {
    caught_up: Option<bool>,
    lag: Option<u64>,
    active: Option<bool>,
}

impl Seen {
    const ITSELF: Self = Self {
        caught_up: Some(true),
        lag: Some(0),
        active: Some(true),
    };

    /// Both are told only of whoever `follows`, since a status is only made anew when that changes; and only while it is so,
    /// since whoever asks rests on it.
    fn of(
        core: &synod_paxos::Status,
        progress: &MemberProgress,
        follows: bool,
        config: &AgentConfig,
        now: Now,
    ) -> Self {
        let heard = (now - progress.heard).0 / 1_000_000 <= config.timing.election_ms;
        let caught_up = progress.is_caught_up(core.decided);
        Self {
            caught_up: Some(caught_up),
            lag: Some(progress.lag(core.decided)),
            active: Some(heard && (follows || !caught_up)),
        }
    }
}

fn member_status(node: Node, member: &Member, seen: Seen) -> MemberStatus {
    let context = MemberContext::decode(&member.context).unwrap_or_default();
    MemberStatus {
        number: node.0,
        name: context.name,
        role: match member.role {
            MemberRole::Voter => api::MemberRole::Voter,
            MemberRole::Joining => api::MemberRole::Joining,
            MemberRole::Learner => api::MemberRole::Learner,
        },
        peer_address: context.peer_address,
        peer_urls: context.peer_urls,
        client_urls: context.client_urls,
        caught_up: seen.caught_up,
        lag: seen.lag,
        active: seen.active,
    }
}

fn quarantine(driver: &DriverStatus) -> Option<api::Quarantine> {
    let damaged = matches!(&driver.phase, Phase::Quarantined(Quarantine::Damaged(_)));
    let told = |reason: &str, cure: &str| {
        Some(api::Quarantine {
            reason: reason.to_owned(),
            cure: cure.to_owned(),
            promises_lost: driver.amnesiac || damaged,
        })
    };
    match &driver.phase {
        Phase::Quarantined(why) => {
            // The driver's sentence is "what happened; what to do".
            let words = why.to_string();
            let (reason, cure) = words
                .rsplit_once("; ")
                .unwrap_or((&words, "restart the member"));
            told(reason, cure)
        }
        _ if driver.amnesiac => told(
            "the data directory was lost, and with it what this member promised",
            "none needed while a quorum of the others lives: the leader demotes this member and takes it in again",
        ),
        _ => None,
    }
}

fn disk(driver: &DriverStatus) -> api::DiskStatus {
    let (state, message) = match (&driver.phase, driver.disk) {
        (Phase::Quarantined(Quarantine::DiskFailed(why)), _) => {
            (api::DiskState::Failed, why.clone())
        }
        (_, DiskState::Full) => (
            api::DiskState::Full,
            "no space left on the volume; make it larger".to_owned(),
        ),
        (_, DiskState::Slow) => (
            api::DiskState::Healthy,
            "syncs take longer than they should".to_owned(),
        ),
        (_, DiskState::Fine) => (api::DiskState::Healthy, String::new()),
    };
    api::DiskStatus {
        state,
        id: format!("{:032x}", driver.disk_id),
        bytes: driver.log_bytes,
        message,
    }
}
