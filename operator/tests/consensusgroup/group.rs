//! A group that keeps the rules of membership, without its log: who is a member, who leads, who has caught up.

use std::collections::{BTreeMap, BTreeSet};

use synod_agent_api::{
    AgentConfig, BallotStatus, Change, ClusterUid, ConfigurationRequest, ConfigurationStatus,
    DiskStatus, Kind, MemberRole, MemberSpec, MemberStatus, Quarantine, Role, Start, Status,
};

use crate::world::spec_of;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) role: MemberRole,
    pub(crate) spec: MemberSpec,
    pub(crate) caught_up: bool,
}

/// What is on a claim.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Disk {
    /// The claim's uid.
    pub(crate) claim: String,
    /// The process runs.
    pub(crate) running: bool,
    /// The configuration as this member knows it.
    pub(crate) known: (u64, BTreeMap<u64, Member>),
    /// Whose data it is.
    pub(crate) cluster: ClusterUid,
    /// It was emptied, and the group has not taken its member in again.
    pub(crate) amnesiac: bool,
    /// The last slot on it.
    pub(crate) last: u64,
}

#[derive(Default)]
pub(crate) struct Group {
    /// What its agents serve.
    pub(crate) kind: Kind,
    /// The cluster that it is now.
    pub(crate) cluster: Option<ClusterUid>,
    /// Clusters that began with what a disk had of another one.
    recovered: BTreeSet<ClusterUid>,
    pub(crate) id: u64,
    pub(crate) members: BTreeMap<u64, Member>,
    pub(crate) leader: Option<u64>,
    pub(crate) round: u64,
    pub(crate) disks: BTreeMap<u64, Disk>,
    pub(crate) used: BTreeSet<u64>,
    /// The first configuration.
    pub(crate) first: BTreeSet<u64>,
    /// Who ever ran: none of them may begin anew.
    pub(crate) ever: BTreeSet<u64>,
    pub(crate) violations: Vec<String>,
    /// The operator decided on who is healthy now, not on who was a moment ago.
    pub(crate) fresh: bool,
}

pub(crate) const fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

impl Group {
    /// Of agents that serve this.
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    pub(crate) fn voters(&self) -> Vec<u64> {
        self.members
            .iter()
            .filter(|(_, m)| m.role == MemberRole::Voter)
            .map(|(n, _)| *n)
            .collect()
    }

    pub(crate) fn runs(&self, number: u64) -> bool {
        self.disks.get(&number).is_some_and(|disk| disk.running)
    }

    /// Voters that run and have caught up.
    pub(crate) fn healthy(&self) -> Vec<u64> {
        self.voters()
            .into_iter()
            .filter(|n| self.runs(*n) && self.members[n].caught_up)
            .collect()
    }

    /// Voters whose data is there.
    pub(crate) fn intact(&self) -> Vec<u64> {
        let has_data = |n: &u64| self.disks.get(n).is_some_and(|disk| !disk.amnesiac);
        self.voters().into_iter().filter(has_data).collect()
    }

    /// What was on the disks of these members is gone; their processes start again on the empty ones.
    pub(crate) fn lose_data(&mut self, numbers: &[u64]) {
        for number in numbers {
            let disk = self.disks.get_mut(number).expect("a disk");
            (disk.amnesiac, disk.known) = (true, Default::default());
            if let Some(member) = self.members.get_mut(number) {
                member.caught_up = false;
            }
        }
        self.settle();
    }

    pub(crate) fn violated(&mut self, what: String) {
        self.violations.push(what);
    }

    /// A process starts on a claim, unless it refuses what is on it.
    pub(crate) fn start(&mut self, number: u64, claim: &str, config: &AgentConfig) -> bool {
        let disk = self.disks.get(&number).filter(|disk| disk.claim == claim);
        let found = disk.map(|disk| disk.cluster);
        match (config.start, found) {
            (_, Some(cluster)) if cluster == config.cluster_uid => {}
            (Start::Recover, Some(former)) => {
                if config.former_cluster_uid != Some(former) || !self.recover(number, config) {
                    return false;
                }
            }
            (Start::Recover, None) | (_, Some(_)) => return false,
            (Start::Bootstrap, None) => self.bootstrap(number, config),
            (Start::Join, None) if self.voters().contains(&number) => {
                self.violated(format!("voter {number} joins with an empty disk"));
            }
            (Start::Join | Start::Resume, None) => {}
        }
        self.ever.insert(number);
        let begins = config.start == Start::Bootstrap && found.is_none();
        let known = begins.then(|| (self.id, self.members.clone()));
        let disk = self.disks.entry(number).or_insert(Disk {
            claim: claim.to_owned(),
            running: true,
            known: known.unwrap_or_default(),
            cluster: config.cluster_uid,
            amnesiac: false,
            last: 1,
        });
        disk.running = true;
        disk.claim = claim.to_owned();
        disk.cluster = config.cluster_uid;
        if let Some(member) = self.members.get_mut(&number) {
            member.caught_up = false;
        }
        true
    }

    /// The group goes on with what this member's disk has, as another cluster.
    fn recover(&mut self, number: u64, config: &AgentConfig) -> bool {
        let disk = self.disks[&number].clone();
        if disk.amnesiac {
            return false;
        }
        if self.cluster == Some(disk.cluster) {
            let (left, voters) = (self.intact().len(), self.voters().len());
            if left >= quorum(voters) {
                self.violated(format!(
                    "{number} recovers beside {left} of {voters} voters"
                ));
            }
        } else if self
            .disks
            .values()
            .any(|it| Some(it.cluster) == self.cluster)
        {
            self.violated(format!("{number} recovers, and another one did before"));
        }
        if !self.recovered.insert(config.cluster_uid) {
            let cluster = config.cluster_uid;
            self.violated(format!(
                "{number} recovers as {cluster}, which began before"
            ));
        }
        let (id, known) = disk.known;
        let highest = known.keys().max().copied().unwrap_or(number);
        self.used.retain(|used| *used <= highest);
        let spec = config.members.first().map(spec_of).expect("itself");
        let (role, caught_up) = (MemberRole::Voter, true);
        self.members = [(
            number,
            Member {
                role,
                spec,
                caught_up,
            },
        )]
        .into();
        (self.id, self.leader) = (id + 1, None);
        self.cluster = Some(config.cluster_uid);
        let known = (self.id, self.members.clone());
        self.disks.get_mut(&number).expect("it is there").known = known;
        true
    }

    fn bootstrap(&mut self, number: u64, config: &AgentConfig) {
        let initial = config.members.iter();
        let initial: Vec<_> = initial.map(|it| (it.number, spec_of(it))).collect();
        let numbers: BTreeSet<u64> = initial.iter().map(|(n, _)| *n).collect();
        if self.id == 0 {
            self.cluster = Some(config.cluster_uid);
            self.id = 1;
            self.first = numbers.clone();
            self.used = numbers;
            let member = |spec: &MemberSpec| Member {
                role: MemberRole::Voter,
                spec: spec.clone(),
                caught_up: true,
            };
            self.members = initial.iter().map(|(n, spec)| (*n, member(spec))).collect();
        } else if numbers != self.first || self.ever.contains(&number) {
            self.violated(format!("member {number} bootstraps again"));
        }
    }

    /// Elects, catches up and promotes: what the members do by themselves in a moment.
    pub(crate) fn settle(&mut self) {
        let healthy = self.intact().into_iter().filter(|n| self.runs(*n)).count();
        if self
            .leader
            .is_some_and(|leader| !self.runs(leader) || !self.voters().contains(&leader))
        {
            self.leader = None;
        }
        if self.id == 0 || healthy < quorum(self.voters().len()) {
            self.leader = None;
            return;
        }
        if self.leader.is_none() {
            self.leader = self.intact().into_iter().find(|n| self.runs(*n));
            self.round += 1;
        }
        let running: Vec<u64> = self
            .members
            .keys()
            .copied()
            .filter(|n| self.runs(*n))
            .collect();
        for number in self.members.keys().copied().collect::<Vec<_>>() {
            let caught_up = running.contains(&number);
            let member = self.members.get_mut(&number).expect("a member");
            member.caught_up = caught_up;
        }
        let joined = |m: &Member| m.role == MemberRole::Joining && m.caught_up;
        if let Some(number) = self
            .members
            .iter()
            .find(|(_, m)| joined(m))
            .map(|(n, _)| *n)
        {
            self.members.get_mut(&number).expect("a member").role = MemberRole::Voter;
            self.id += 1;
        }
        for number in running {
            let known = (self.id, self.members.clone());
            let disk = self.disks.get_mut(&number).expect("it runs");
            (disk.known, disk.amnesiac) = (known, false);
        }
    }

    pub(crate) fn change(
        &mut self,
        via: u64,
        request: &ConfigurationRequest,
    ) -> Result<u64, String> {
        match request.expected {
            None => self.violated("a membership call without the configuration it rests on".into()),
            Some(expected) if expected != self.id => return Err("conflict".into()),
            Some(_) => {}
        }
        if self.leader.is_none() || !self.runs(via) {
            return Err("no leader".into());
        }
        let mut next = self.members.clone();
        match &request.change {
            Change::Add {
                number,
                learner,
                member,
            } => {
                if self.used.last().is_some_and(|highest| number <= highest) {
                    return Err("number taken".into());
                }
                self.used.insert(*number);
                if next.values().any(|m| m.role == MemberRole::Joining) {
                    self.violated(format!("{number} is added while another one joins"));
                }
                let role = if *learner {
                    MemberRole::Learner
                } else {
                    MemberRole::Joining
                };
                next.insert(
                    *number,
                    Member {
                        role,
                        spec: member.clone(),
                        caught_up: false,
                    },
                );
            }
            Change::Promote { number } => {
                let member = next
                    .get_mut(number)
                    .filter(|m| m.caught_up)
                    .ok_or("not caught up")?;
                member.role = MemberRole::Voter;
            }
            Change::Remove { number } => {
                next.remove(number).ok_or("unknown member")?;
                if !next.values().any(|m| m.role == MemberRole::Voter) {
                    return Err("the last voter stays".into());
                }
            }
            Change::Swap { out, into } => {
                let member = next
                    .get_mut(into)
                    .filter(|m| m.caught_up)
                    .ok_or("not caught up")?;
                member.role = MemberRole::Voter;
                next.remove(out).ok_or("unknown member")?;
            }
            Change::Update { number, member } => {
                next.get_mut(number).ok_or("unknown member")?.spec = member.clone();
            }
        }
        self.check_step(&next, &request.change);
        self.confirmed(&next)?;
        self.members = next;
        self.id += 1;
        // A leader that was removed leads on until the others know: see `settle`.
        Ok(self.id)
    }

    /// A process ends for good, since the operator wants it so.
    pub(crate) fn dismissed(&mut self, number: u64) {
        if self.leader == Some(number) && !self.members.contains_key(&number) {
            self.violated(format!(
                "{number} is stopped, and nobody else knows that it was removed"
            ));
        }
    }

    /// A step is decided by a quorum of those who vote after it, too.
    fn confirmed(&self, next: &BTreeMap<u64, Member>) -> Result<(), String> {
        let voters: Vec<_> = next
            .iter()
            .filter(|(_, m)| m.role == MemberRole::Voter)
            .collect();
        let there = voters.iter().filter(|(n, _)| self.runs(**n)).count();
        if there < quorum(voters.len()) {
            return Err("no quorum of the voters after it confirms".into());
        }
        Ok(())
    }

    fn check_step(&mut self, next: &BTreeMap<u64, Member>, change: &Change) {
        let voters: Vec<u64> = next
            .iter()
            .filter(|(_, m)| m.role == MemberRole::Voter)
            .map(|(n, _)| *n)
            .collect();
        let healthy = self.healthy();
        let left = voters
            .iter()
            .filter(|n| healthy.contains(n) || !self.voters().contains(n))
            .count();
        if self.fresh && left < quorum(voters.len()) && healthy.len() >= quorum(self.voters().len())
        {
            self.violated(format!(
                "{change:?} leaves {left} healthy of {} voters",
                voters.len()
            ));
        }
        let changed = voters.iter().filter(|n| !self.voters().contains(n)).count()
            + self.voters().iter().filter(|n| !voters.contains(n)).count();
        let most = if matches!(change, Change::Swap { .. }) {
            2
        } else {
            1
        };
        if changed > most {
            self.violated(format!("{change:?} changes {changed} voters"));
        }
    }

    pub(crate) fn transfer(&mut self, via: u64, to: u64) -> Result<(), String> {
        if self.leader != Some(via) {
            return Err("not the leader".into());
        }
        if self.healthy().contains(&to) {
            self.leader = Some(to);
            self.round += 1;
        }
        Ok(())
    }

    /// The group in a line.
    pub(crate) fn told(&self) -> String {
        let member = |(n, m): (&u64, &Member)| {
            let runs = if self.runs(*n) { "" } else { "!" };
            let disk = if self.disks.contains_key(n) { "" } else { "?" };
            format!("{n}{:?}{runs}{disk}", m.role)
        };
        let members: Vec<_> = self.members.iter().map(member).collect();
        format!(
            "configuration {} {} leader {:?}",
            self.id,
            members.join(" "),
            self.leader
        )
    }

    pub(crate) fn status(&self, number: u64) -> Option<Status> {
        let disk = self.disks.get(&number).filter(|disk| disk.running)?;
        let leader = self.leader.filter(|_| self.cluster == Some(disk.cluster));
        let leads = leader == Some(number);
        let (id, members) = if leads {
            (self.id, &self.members)
        } else {
            (disk.known.0, &disk.known.1)
        };
        let told = |(n, m): (&u64, &Member)| MemberStatus {
            number: *n,
            name: m.spec.name.clone(),
            role: m.role,
            peer_address: m.spec.peer_address.clone(),
            peer_urls: Vec::new(),
            client_urls: m.spec.client_urls.clone(),
            caught_up: leads.then_some(m.caught_up),
            lag: None,
            active: leads.then_some(self.runs(*n)),
        };
        let highest = self.used.last().copied().unwrap_or(0);
        let ready = leader.is_some() && self.members.get(&number).is_some_and(|m| m.caught_up);
        Some(Status {
            generation: 1,
            cluster_uid: disk.cluster,
            kind: self.kind,
            name: members
                .get(&number)
                .map_or_else(String::new, |member| member.spec.name.clone()),
            number,
            etcd_member_id: String::new(),
            etcd_cluster_id: String::new(),
            role: match members.get(&number).map(|member| member.role) {
                _ if disk.amnesiac => Role::Quarantined,
                _ if leads => Role::Leader,
                Some(MemberRole::Voter) => Role::Follower,
                Some(MemberRole::Joining | MemberRole::Learner) | None => Role::Learner,
            },
            leader,
            ballot: BallotStatus {
                round: self.round,
                node: leader.unwrap_or(0),
            },
            promised: BallotStatus::default(),
            configuration: ConfigurationStatus {
                id,
                highest,
                members: members.iter().map(told).collect(),
            },
            decided: 0,
            last: disk.last,
            recoverable: !disk.amnesiac && members.contains_key(&number),
            applied: 0,
            first: 0,
            quarantined: disk.amnesiac.then(|| Quarantine {
                reason: "its data was lost".into(),
                cure: "wait".into(),
                promises_lost: true,
            }),
            disk: DiskStatus::default(),
            feature_level: 1,
            feature_level_max: 1,
            version: "0.1.0".into(),
            certificate_not_after: None,
            certificate_fingerprint: None,
            ca_fingerprints: Vec::new(),
            ready,
            not_ready_because: if ready {
                String::new()
            } else {
                "it has not caught up".into()
            },
        })
    }
}
