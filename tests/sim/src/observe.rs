//! What processes show of themselves after each step, and what must hold of it: nobody goes back, nobody votes after a
//! loss, no whole disk is given up, and memberships change one safe step at a time.

use synod_paxos::{ConfigId, Configuration, MemberRole, Node};
use synod_replica::{Phase, Quarantine};

use crate::clock::MS;
use crate::demand;
use crate::service::Service;
use crate::world::{Happening, World};

impl<S: Service> World<S> {
    /// Looks at what a process shows of itself after a step.
    pub(crate) fn look_at(&mut self, node: Node) {
        let host = self.hosts.get_mut(&node).expect("hosts stay in the world");
        let Some(agent) = host.agent.as_ref() else {
            return;
        };
        let glance = agent.glance();
        let before = std::mem::replace(&mut host.glance, glance);
        let backwards = glance.decided < before.decided
            || glance.ballot < before.ballot
            || glance.applied < before.applied;
        let halted = backwards && agent.status().core.is_none();
        demand!(
            "monotone",
            halted || !backwards,
            "{node} goes back from {before:?} to {glance:?}"
        );
        demand!(
            "monotone",
            glance.decided.0 == 0 || glance.applied <= glance.decided,
            "{node} applied what is not decided: {glance:?}"
        );
        if glance.generation != before.generation {
            self.look_closer(node);
        } else if glance.undecided != before.undecided {
            let undecided = agent.status().core.and_then(|core| core.undecided);
            self.host(node).undecided = undecided;
        }
    }

    fn look_closer(&mut self, node: Node) {
        let status = self.hosts[&node]
            .agent
            .as_ref()
            .map(synod_replica::Driver::status);
        let Some(status) = status else { return };
        match &status.phase {
            Phase::Opening | Phase::Recovering => {}
            Phase::Running => {
                self.runs(node);
                self.see_disk(node, status.disk_id);
            }
            Phase::Quarantined(why) => self.quarantined(node, why.clone()),
        }
        if !self.is_ours(node) {
            return;
        }
        if let Some(configuration) = crate::dialect::configuration(&status) {
            let undecided = status.core.as_ref().and_then(|core| core.undecided.clone());
            // As the agent reports it: none before the group has begun.
            let member = configuration.members.contains_key(&node);
            self.host(node).joined |= member && !status.is_founding();
            self.host(node).configuration = configuration.id;
            self.host(node).undecided = undecided;
            self.see_configuration(node, configuration);
        }
        self.check_votes(node, &status);
    }

    /// A disk of a new identity is one whose promises were given up.
    fn see_disk(&mut self, node: Node, disk_id: u128) {
        let host = self.host(node);
        if disk_id == 0 || host.disk_id == disk_id {
            return;
        }
        let anew = host.disk_id != 0;
        demand!(
            "recovery",
            !anew || host.damaged || host.rotten.is_some(),
            "{node} gave up its disk, which was whole"
        );
        let voted = self.votes.others_voted(node);
        let host = self.host(node);
        host.disk_id = disk_id;
        if anew {
            host.wiped = voted;
            host.damaged = true;
            self.votes.forget(node);
            self.note(node, || "has a new disk".into());
        }
    }

    /// A process that took part once has a formatted disk: from now on an empty one is a loss.
    fn runs(&mut self, node: Node) {
        self.host(node).formatted = true;
    }

    fn quarantined(&mut self, node: Node, why: Quarantine) {
        self.note(node, || format!("is quarantined: {why}"));
        self.counts.quarantines += 1;
        match why {
            Quarantine::DiskFailed(_) => {
                // Somebody looks at the machine and starts it anew, its page cache gone.
                self.die(node, true);
            }
            Quarantine::UnknownCommand(_) => {
                demand!(
                    "unknown commands",
                    self.hosts[&node].old_build,
                    "{node} does not know a command of its own build"
                );
                self.host(node).old_build = false;
                self.die(node, false);
            }
            Quarantine::Damaged(what) => {
                // Its log ends where it had the only vote. Others have one by now, and it will hear of them.
                let alone = voters(&self.newest).iter().all(|voter| *voter == node);
                demand!(
                    "recovery",
                    !alone,
                    "{node} found its only copy damaged: {what}"
                );
                return;
            }
            Quarantine::Deviates { slot } => {
                crate::Violation::raise("equal state", format!("{node} deviates at {slot}"))
            }
        }
        let span = self.random.between(100, 1_500) * MS;
        self.after(span, Happening::Start { node });
    }

    /// Whether every voter that runs knows the newest configuration to be decided. Only then is a member that was
    /// removed of no more use: the others may need it to learn that.
    fn removal_is_known(&self) -> bool {
        voters(&self.newest).iter().all(|voter| {
            let agent = self.hosts[voter].agent.as_ref();
            let known = agent.and_then(|agent| crate::dialect::configuration(&agent.status()));
            known.is_some_and(|known| known.id >= self.newest.id)
        })
    }

    /// Machines whose members were removed are switched off, once that is safe.
    pub(crate) fn retire_removed(&mut self) {
        if !self.removal_is_known() {
            return;
        }
        let gone: Vec<Node> = self
            .hosts
            .keys()
            .copied()
            .filter(|node| self.is_ours(*node) && !self.newest.members.contains_key(node))
            .collect();
        for node in gone {
            self.die(node, false);
            self.host(node).retired = true;
        }
    }

    fn see_configuration(&mut self, node: Node, configuration: Configuration) {
        if configuration.id <= self.newest.id || configuration.id == ConfigId(0) {
            return;
        }
        self.note(node, || {
            format!(
                "configuration {}: {:?}",
                configuration.id.0,
                roles(&configuration)
            )
        });
        self.check_step(&configuration);
        // A change that was on its way when its machine was switched off.
        for member in configuration.members.keys() {
            if self.hosts.get(member).is_some_and(|host| host.retired) {
                self.host(*member).retired = false;
                self.after(MS, Happening::Start { node: *member });
            }
        }
        // The group knows of their new disks, even if it removes them next.
        for (node, member) in &configuration.members {
            let context = synod_replica::MemberContext::decode(&member.context);
            let disk = context.map_or(0, |context| context.disk_id);
            let host = self.hosts.get_mut(node);
            if let Some(host) = host.filter(|host| disk != 0 && host.disk_id == disk) {
                host.wiped = false;
            }
        }
        self.former = std::mem::replace(&mut self.newest, configuration);
        self.counts.configurations += 1;
    }

    /// No step may leave fewer live voters than a quorum, nor lose the meeting of quorums.
    fn check_step(&self, next: &Configuration) {
        let old = voters(&self.newest);
        let new = voters(next);
        let joined = new.iter().filter(|node| !old.contains(node)).count();
        let left = old.iter().filter(|node| !new.contains(node)).count();
        // Not every configuration is seen here: one that was never decided may be skipped.
        if next.id.0 == self.newest.id.0 + 1 {
            demand!(
                "membership",
                joined <= 1 && left <= 1,
                "configuration {} changes more than one voter: {old:?} to {new:?}",
                next.id.0
            );
        }
        demand!(
            "membership",
            !new.is_empty(),
            "configuration {} has no voter",
            next.id.0
        );
        if left == 1 && joined == 0 && new.len() > 1 {
            let long = 2 * self.profile.election.0 + 500 * MS;
            let dead = new.iter().filter(|node| {
                self.hosts[*node]
                    .down_since
                    .is_some_and(|since| since + long < self.now)
            });
            let alive = new.len() - dead.count();
            demand!(
                "membership",
                2 * alive > new.len(),
                "configuration {} removes a voter although only {alive} of the remaining {new:?} are alive",
                next.id.0
            );
        }
    }

    /// A member that lost its promises takes no part in votes until the group knows of its new disk.
    fn check_votes(&mut self, node: Node, status: &synod_replica::DriverStatus) {
        let votes = crate::dialect::votes(status);
        let host = self.host(node);
        demand!(
            "amnesia",
            !(host.wiped && votes),
            "{node} lost its disk and takes part in votes: {status:?}"
        );
        if host
            .rotten
            .is_some_and(|process| process < host.incarnation)
            && votes
        {
            host.rotten = None;
        }
        if votes && host.rotten.is_none() {
            host.damaged = false;
        }
        let (promised, wiped) = (status.core.as_ref().map(|core| core.promised), host.wiped);
        if let Some(promised) = promised.filter(|_| !wiped) {
            self.votes.check_recovered(node, promised);
        }
    }
}

/// Voters of a configuration.
pub(crate) fn voters(configuration: &Configuration) -> Vec<Node> {
    configuration
        .members
        .iter()
        .filter(|(_, member)| member.role == MemberRole::Voter)
        .map(|(node, _)| *node)
        .collect()
}

fn roles(configuration: &Configuration) -> Vec<(u64, MemberRole)> {
    configuration
        .members
        .iter()
        .map(|(node, member)| (node.0, member.role))
        .collect()
}
