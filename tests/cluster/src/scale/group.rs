//! A group of agents as its operator sees it: who is a member, who leads, who has caught up. No log, no data, no time.
//!
//! It keeps the rules of membership that an operator relies on: a group begins once, with the members that its
//! configurations name; a change is taken by compare-and-set and only while a majority runs; whoever joins is promoted
//! when it runs; numbers never recur.

use std::collections::{BTreeMap, BTreeSet};

use synod_agent_api::{
    AgentConfig, ApiError, BallotStatus, Change, ClusterUid, ConfigurationRequest,
    ConfigurationStatus, DiskStatus, ErrorCode, Kind, MemberRole, MemberSpec, MemberStatus, Role,
    Start, Status,
};

/// A member of the configuration.
#[derive(Clone, Debug)]
struct Member {
    role: MemberRole,
    spec: MemberSpec,
}

/// A group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    cluster: ClusterUid,
    id: u64,
    highest: u64,
    members: BTreeMap<u64, Member>,
    /// Numbers whose process runs.
    running: BTreeSet<u64>,
    leader: Option<u64>,
    round: u64,
}

fn refused<T>(code: ErrorCode, message: impl Into<String>) -> Result<T, ApiError> {
    Err(ApiError {
        code,
        message: message.into(),
    })
}

impl Group {
    /// A group that has not begun.
    #[must_use]
    pub fn new(cluster: ClusterUid) -> Self {
        Self {
            cluster,
            ..Self::default()
        }
    }

    /// A process begins, on an empty disk if it never ran.
    pub fn start(&mut self, config: &AgentConfig) {
        if self.id == 0 && config.start == Start::Bootstrap {
            self.id = 1;
            self.members = config
                .members
                .iter()
                .map(|initial| {
                    let spec = MemberSpec {
                        name: initial.name.clone(),
                        peer_address: initial.peer_address.clone(),
                        ..MemberSpec::default()
                    };
                    let role = MemberRole::Voter;
                    (initial.number, Member { role, spec })
                })
                .collect();
            self.highest = self.members.keys().next_back().copied().unwrap_or(0);
        }
        self.running.insert(config.number);
        self.settle();
    }

    /// A process ends.
    pub fn stop(&mut self, number: u64) {
        self.running.remove(&number);
        self.settle();
    }

    fn voters(&self) -> impl Iterator<Item = u64> {
        let voters = self.members.iter();
        voters
            .filter(|(_, member)| member.role == MemberRole::Voter)
            .map(|(number, _)| *number)
    }

    fn has_quorum(&self) -> bool {
        let running = self.voters().filter(|n| self.running.contains(n)).count();
        running > self.voters().count() / 2
    }

    /// What members do by themselves: elect, and promote whoever has caught up.
    fn settle(&mut self) {
        if !self.has_quorum() {
            self.leader = None;
            return;
        }
        let runs = |group: &Self, number: u64| {
            group.running.contains(&number) && group.voters().any(|voter| voter == number)
        };
        if self.leader.is_none_or(|leader| !runs(self, leader)) {
            let next = self.voters().find(|number| runs(self, *number));
            self.leader = next;
            self.round += 1;
        }
        while let Some(member) = self.members.iter_mut().find_map(|(number, member)| {
            (member.role == MemberRole::Joining && self.running.contains(number)).then_some(member)
        }) {
            member.role = MemberRole::Voter;
            self.id += 1;
        }
    }

    /// A change of the configuration, asked of any member.
    ///
    /// # Errors
    /// As an agent refuses it.
    pub fn change(&mut self, request: &ConfigurationRequest) -> Result<u64, ApiError> {
        if self.leader.is_none() {
            return refused(ErrorCode::NoLeader, "no leader is known");
        }
        if request.expected.is_some_and(|expected| expected != self.id) {
            return refused(
                ErrorCode::Conflict,
                format!("the configuration is {} by now", self.id),
            );
        }
        let mut next = self.clone();
        next.take_step(&request.change)?;
        next.id += 1;
        if !next.has_quorum() {
            return refused(ErrorCode::TimedOut, "no majority of the next voters runs");
        }
        *self = next;
        let id = self.id;
        self.settle();
        Ok(id)
    }

    fn take_step(&mut self, change: &Change) -> Result<(), ApiError> {
        match change {
            Change::Add {
                number,
                learner,
                member,
            } => {
                if *number <= self.highest {
                    return refused(ErrorCode::NotAllowed, format!("{number} was a member"));
                }
                let role = if *learner {
                    MemberRole::Learner
                } else {
                    MemberRole::Joining
                };
                let spec = member.clone();
                self.highest = *number;
                self.members.insert(*number, Member { role, spec });
            }
            Change::Promote { number } => self.promote(*number)?,
            Change::Remove { number } => self.remove(*number)?,
            Change::Swap { out, into } => {
                self.promote(*into)?;
                self.remove(*out)?;
            }
            Change::Update { number, member } => self.member(*number)?.spec = member.clone(),
        }
        Ok(())
    }

    fn member(&mut self, number: u64) -> Result<&mut Member, ApiError> {
        let member = self.members.get_mut(&number);
        member.map_or_else(
            || refused(ErrorCode::NotFound, format!("{number} is no member")),
            Ok,
        )
    }

    fn promote(&mut self, number: u64) -> Result<(), ApiError> {
        if !self.running.contains(&number) {
            return refused(
                ErrorCode::NotCaughtUp,
                format!("{number} has not caught up"),
            );
        }
        self.member(number)?.role = MemberRole::Voter;
        Ok(())
    }

    fn remove(&mut self, number: u64) -> Result<(), ApiError> {
        self.member(number)?;
        self.members.remove(&number);
        if self.voters().next().is_none() {
            return refused(ErrorCode::NotAllowed, "the last voter stays");
        }
        Ok(())
    }

    /// Hands leadership over.
    ///
    /// # Errors
    /// As an agent refuses it.
    pub fn transfer(&mut self, via: u64, to: Option<u64>) -> Result<(), ApiError> {
        if self.leader != Some(via) {
            return refused(ErrorCode::NotLeader, "only the leader hands over");
        }
        let able = |n: &u64| *n != via && self.running.contains(n);
        let wanted = |n: &u64| able(n) && to.is_none_or(|to| to == *n);
        let next = self.voters().find(wanted);
        if let Some(next) = next {
            self.leader = Some(next);
            self.round += 1;
        }
        Ok(())
    }

    /// What the member tells; `generation` is counted by whoever shows it.
    #[must_use]
    pub fn status(&self, number: u64, generation: u64) -> Status {
        let leads = self.leader == Some(number);
        let own = self.members.get(&number);
        let role = match own.map(|member| member.role) {
            _ if leads => Role::Leader,
            Some(MemberRole::Voter) => Role::Follower,
            _ => Role::Learner,
        };
        let ready = self.leader.is_some() && own.is_some();
        let ballot = BallotStatus {
            round: self.round,
            node: self.leader.unwrap_or(0),
        };
        let id = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Status {
            generation,
            cluster_uid: self.cluster,
            kind: Kind::ConsensusGroup,
            name: own.map_or_else(String::new, |member| member.spec.name.clone()),
            number,
            etcd_member_id: format!("{id:x}"),
            etcd_cluster_id: format!("{:x}", self.cluster.etcd_cluster_id()),
            role,
            leader: self.leader,
            ballot,
            promised: ballot,
            configuration: ConfigurationStatus {
                id: self.id,
                highest: self.highest,
                members: self.members_told(leads),
            },
            decided: 12,
            last: 12,
            applied: 12,
            recoverable: true,
            first: 1,
            quarantined: None,
            disk: DiskStatus {
                id: format!("{:032x}", self.cluster.0 ^ u128::from(id)),
                bytes: 64 << 20,
                ..DiskStatus::default()
            },
            feature_level: 1,
            feature_level_max: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            certificate_fingerprint: None,
            certificate_not_after: None,
            ca_fingerprints: Vec::new(),
            ready,
            not_ready_because: if ready {
                String::new()
            } else {
                "no leader is known".to_owned()
            },
        }
    }

    fn members_told(&self, leads: bool) -> Vec<MemberStatus> {
        let told = |(number, member): (&u64, &Member)| {
            let runs = self.running.contains(number);
            let host = member.spec.peer_address.split(':').next();
            MemberStatus {
                number: *number,
                name: member.spec.name.clone(),
                role: member.role,
                peer_address: member.spec.peer_address.clone(),
                peer_urls: vec![format!("https://{}", member.spec.peer_address)],
                client_urls: vec![format!("https://{}:2379", host.unwrap_or_default())],
                caught_up: leads.then_some(runs),
                lag: leads.then_some(0),
                active: leads.then_some(runs),
            }
        };
        self.members.iter().map(told).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee";

    fn config(number: u64, start: &str, members: &[u64]) -> AgentConfig {
        let members: Vec<_> = members
            .iter()
            .map(|n| format!("{{number: {n}, name: a-{n}, peer_address: 'a-{n}:2380'}}"))
            .collect();
        let text = format!(
            "{{cluster_uid: {UID}, group: a, name: a-{number}, number: {number}, start: {start}, members: [{}], data_dir: /data, tls: {{peer: {{insecure: true}}, client: {{mode: disabled}}}}}}",
            members.join(", ")
        );
        AgentConfig::parse(&text).expect("a configuration")
    }

    fn begun() -> Group {
        let mut group = Group::new(UID.parse().expect("a uid"));
        for number in 1..=3 {
            assert_eq!(
                group.leader.is_some(),
                number > 2,
                "two of three are a quorum"
            );
            group.start(&config(number, "bootstrap", &[1, 2, 3]));
        }
        group
    }

    fn asked(expected: u64, change: Change) -> ConfigurationRequest {
        ConfigurationRequest {
            expected: Some(expected),
            change,
        }
    }

    fn add(number: u64) -> Change {
        Change::Add {
            number,
            learner: false,
            member: MemberSpec::default(),
        }
    }

    #[test]
    fn a_group_begins_once_and_elects_with_a_majority() {
        let mut group = begun();
        assert_eq!((group.id, group.leader), (1, Some(1)));
        group.stop(1);
        assert_eq!(group.leader, Some(2));
        group.stop(2);
        assert_eq!(group.leader, None);
        assert!(!group.status(3, 1).ready);
        group.start(&config(1, "bootstrap", &[1, 2, 3]));
        assert_eq!(group.id, 1, "it has begun already");
    }

    #[test]
    fn a_change_is_compared_and_set() {
        let mut group = begun();
        let refusal = group.change(&asked(7, add(4))).expect_err("outdated");
        assert_eq!(refusal.code, ErrorCode::Conflict);
        assert_eq!(group.change(&asked(1, add(4))), Ok(2));
        let joins = group.status(1, 1).configuration;
        assert_eq!((joins.id, joins.members[3].role), (2, MemberRole::Joining));
        group.start(&config(4, "join", &[]));
        let joined = group.status(1, 1).configuration;
        assert_eq!((joined.id, joined.members[3].role), (3, MemberRole::Voter));
        assert_eq!(group.change(&asked(3, Change::Remove { number: 1 })), Ok(4));
        assert_eq!(group.leader, Some(2));
        let refusal = group.change(&asked(4, add(1))).expect_err("it was one");
        assert_eq!(refusal.code, ErrorCode::NotAllowed);
    }

    #[test]
    fn the_leader_alone_hands_over() {
        let mut group = begun();
        let refusal = group.transfer(2, Some(3)).expect_err("it follows");
        assert_eq!(refusal.code, ErrorCode::NotLeader);
        assert_eq!(group.transfer(1, Some(3)), Ok(()));
        assert_eq!(group.status(3, 1).role, Role::Leader);
    }
}
