//! A simulated process as its agent's admin API tells it.

use synod_agent_api::{
    BallotStatus, ClusterUid, ConfigurationStatus, DiskState, DiskStatus, Kind, MemberRole,
    MemberSpec, MemberStatus, Quarantine, Role, Status,
};
use synod_paxos::{Ballot, Member, MemberProgress, Node, RoleName};
use synod_replica::{DriverStatus, MemberContext, Now, Phase};

/// Slots behind the decided ones within which a member counts as caught up, as the agent has it.
const CAUGHT_UP_SLOTS: u64 = 1000;

/// Who a process is.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) cluster: ClusterUid,
    pub(super) name: String,
    pub(super) number: u64,
    /// Time without news after which a member is not active, in nanoseconds.
    pub(super) silence: u64,
}

/// What the agent tells of `driver` at its own time `now`.
pub(super) fn status_of(driver: &DriverStatus, me: &Who, now: Now) -> Status {
    let core = driver.core.as_ref();
    let why = not_ready_because(driver);
    Status {
        generation: 0,
        cluster_uid: me.cluster,
        kind: Kind::ConsensusGroup,
        name: me.name.clone(),
        number: me.number,
        etcd_member_id: format!("{:x}", me.number),
        etcd_cluster_id: format!("{:x}", me.cluster.etcd_cluster_id()),
        role: role(driver),
        leader: core.and_then(|core| core.leader).map(|leader| leader.0),
        ballot: core.map_or_else(BallotStatus::default, |core| ballot(core.accepted)),
        promised: core.map_or_else(BallotStatus::default, |core| ballot(core.promised)),
        configuration: core
            .filter(|_| !driver.is_founding())
            .map_or_else(ConfigurationStatus::default, |core| {
                configuration(core, me, now)
            }),
        decided: core.map_or(0, |core| core.decided.0).max(driver.applied.0),
        applied: driver.applied.0,
        first: core.map_or(0, |core| core.first.0),
        quarantined: quarantine(driver),
        disk: DiskStatus {
            state: DiskState::Healthy,
            id: format!("{:032x}", driver.disk_id),
            bytes: driver.log_bytes,
            message: String::new(),
        },
        feature_level: driver.level,
        feature_level_max: crate::dialect::LEVEL,
        version: "0.1.0".to_owned(),
        certificate_not_after: None,
        certificate_fingerprint: None,
        ca_fingerprints: Vec::new(),
        ready: why.is_empty(),
        not_ready_because: why.to_owned(),
    }
}

/// The status without what moves with every decided entry: when this differs, there is news.
pub(super) fn news(status: &Status) -> Status {
    let mut news = status.clone();
    (news.decided, news.applied, news.first, news.disk.bytes) = (0, 0, 0, 0);
    for member in &mut news.configuration.members {
        member.lag = None;
    }
    news
}

const fn not_ready_because(driver: &DriverStatus) -> &'static str {
    match &driver.phase {
        Phase::Opening | Phase::Recovering => "the data directory is being opened",
        Phase::Quarantined(_) => "the member is quarantined",
        Phase::Running if driver.amnesiac => "the member lost its data directory",
        Phase::Running if driver.draining => "the member is stopping",
        Phase::Running if !driver.ready => "no leader was heard of lately, or the member lags",
        Phase::Running => "",
    }
}

fn role(driver: &DriverStatus) -> Role {
    if driver.amnesiac || matches!(driver.phase, Phase::Quarantined(_)) {
        return Role::Quarantined;
    }
    match driver.core.as_ref().map(|core| core.role) {
        Some(RoleName::Leader) => Role::Leader,
        Some(RoleName::Candidate) => Role::Candidate,
        Some(RoleName::Learner) => Role::Learner,
        Some(RoleName::Amnesiac) => Role::Quarantined,
        Some(RoleName::Follower | RoleName::Founder) | None => Role::Follower,
    }
}

const fn ballot(ballot: Ballot) -> BallotStatus {
    BallotStatus {
        round: ballot.round,
        node: ballot.node.0,
    }
}

fn configuration(core: &synod_paxos::Status, me: &Who, now: Now) -> ConfigurationStatus {
    let members = core.configuration.members.iter();
    ConfigurationStatus {
        id: core.configuration.id.0,
        highest: core.configuration.highest.0,
        members: members
            .map(|(node, member)| member_status(*node, member, core, me, now))
            .collect(),
    }
}

fn member_status(
    node: Node,
    member: &Member,
    core: &synod_paxos::Status,
    me: &Who,
    now: Now,
) -> MemberStatus {
    let context = MemberContext::decode(&member.context).unwrap_or_default();
    let own = core.role == RoleName::Leader && node.0 == me.number;
    let progress = core.members.iter().find(|(other, _)| *other == node);
    let progress = progress.map(|(_, progress)| progress);
    let behind = |p: &MemberProgress| core.decided.0.saturating_sub(p.matched.max(p.decided).0);
    let lag = progress.map(behind);
    let told = |test: &dyn Fn(&MemberProgress) -> bool| match progress {
        Some(progress) => Some(test(progress)),
        None => own.then_some(true),
    };
    MemberStatus {
        number: node.0,
        name: context.name,
        role: match member.role {
            synod_paxos::MemberRole::Voter => MemberRole::Voter,
            synod_paxos::MemberRole::Joining => MemberRole::Joining,
            synod_paxos::MemberRole::Learner => MemberRole::Learner,
        },
        peer_address: context.peer_address,
        peer_urls: context.peer_urls,
        client_urls: context.client_urls,
        caught_up: told(&|p| p.synced && behind(p) <= CAUGHT_UP_SLOTS),
        lag: if own { Some(0) } else { lag },
        active: told(&|p| (now - p.heard).0 <= me.silence),
    }
}

fn quarantine(driver: &DriverStatus) -> Option<Quarantine> {
    let amnesiac = driver
        .core
        .as_ref()
        .is_some_and(|core| core.role == RoleName::Amnesiac);
    let reason = match &driver.phase {
        Phase::Quarantined(why) => why.to_string(),
        _ if amnesiac => "the data directory was lost".to_owned(),
        _ => return None,
    };
    Some(Quarantine {
        reason,
        cure: "wait".to_owned(),
    })
}

/// A member as the group's configuration keeps it.
pub(super) fn context(spec: MemberSpec) -> MemberContext {
    let peer_urls = match spec.peer_urls {
        urls if urls.is_empty() => vec![format!("https://{}", spec.peer_address)],
        urls => urls,
    };
    MemberContext {
        name: spec.name,
        peer_address: spec.peer_address,
        client_urls: spec.client_urls,
        peer_urls,
        disk_id: 0,
    }
}
