//! Who makes the faults, and counts them. It never damages more disks at once than a minority of the voters, since more
//! is not survivable by design, and it stops so that progress can be demanded.

use std::collections::BTreeMap;

use synod_paxos::{Change, Member, MemberRole, Node};
use synod_replica::{ChangeRefusal, Output, Request, StartMode};

use crate::clock::{Instant, MS, SECOND};
use crate::host::Host;
use crate::net::NetProfile;
use crate::observe::voters;
use crate::profile::Fault;
use crate::service::Service;
use crate::world::{Asker, Happening, World};

/// What ends a fault that lasts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undo {
    /// Links are whole again.
    Heal,
    /// The network is as between faults.
    Calm,
    /// A disk is as between faults.
    Disk(Node),
    /// A rival has heard nothing of the leader for long: the second half of `Fault::Usurp`.
    Usurped { leader: Node, rival: Node },
    /// A node is cut off from all others.
    CutOff(Node),
}

/// What was done to the world.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Faults made, by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Processes that died and left their machine's page cache.
    pub kills: u64,
    /// Machines that lost power.
    pub power_losses: u64,
    /// Those of them that lost or tore writes.
    pub lossy_crashes: u64,
    /// Writes lost or torn.
    pub lost_writes: u64,
    /// Members that quarantined themselves until a restart.
    pub quarantines: u64,
    /// Configurations seen after the first.
    pub configurations: u64,
    /// Configuration changes granted.
    pub changes: u64,
    /// Groups that lost their quorum for good and went on with what a survivor had.
    pub recoveries: u64,
    /// Attempts at that which were cut short.
    pub cut_short: u64,
}

impl Counts {
    pub(crate) fn died(&mut self, power: bool, lost: u64) {
        if power {
            self.power_losses += 1;
            self.lossy_crashes += u64::from(lost > 0);
            self.lost_writes += lost;
        } else {
            self.kills += 1;
        }
    }
}

/// Voters and other members a world may grow to.
pub(crate) const VOTERS_MAX: usize = 5;
pub(crate) const MEMBERS_MAX: usize = 6;

impl<S: Service> World<S> {
    /// Begins to make faults.
    pub(crate) fn begin_chaos(&mut self) {
        self.chaos = true;
        self.schedule_fault();
    }

    fn schedule_fault(&mut self) {
        // A world in which clients get nowhere becomes kinder, or it would never have done enough.
        let patience = 1 + self.now / (30 * SECOND);
        let span = self.random.around(self.profile.fault_mean * patience);
        self.after(span, Happening::Fault);
    }

    pub(crate) fn make_fault(&mut self) {
        if !self.chaos || self.profile.faults.is_empty() {
            return;
        }
        if self.now < self.usurping_until {
            // This one takes its time, and nothing may come between.
            return self.schedule_fault();
        }
        let weights: Vec<u64> = self
            .profile
            .faults
            .iter()
            .map(|(_, weight)| *weight)
            .collect();
        let fault = self.profile.faults[self.random.weighted(&weights)].0;
        self.fault(fault);
        self.schedule_fault();
    }

    /// Makes a fault now, if it can be made.
    pub(crate) fn fault(&mut self, fault: Fault) {
        let running = self.reachable();
        if running.is_empty() {
            return;
        }
        let node = *self.random.pick(&running);
        let leader = self.leader().unwrap_or(node);
        *self.counts.faults.entry(fault).or_default() += 1;
        self.trace.add(
            self.now,
            node,
            crate::trace::What::Fault(fault),
            fault as u64,
        );
        match fault {
            Fault::Kill => self.crash(node, false),
            Fault::Power => self.doom(node),
            Fault::PowerLeader => self.doom(leader),
            Fault::PowerAll => running.iter().for_each(|node| self.crash(*node, true)),
            Fault::Pause => self.pause(node),
            Fault::PauseLeader => self.pause(leader),
            Fault::Isolate => self.cut_off(&[node]),
            Fault::IsolateLeader => self.cut_off(&[leader]),
            Fault::Split => self.split(),
            Fault::Partial => self.cut_pairs(true),
            Fault::OneWay => self.cut_pairs(false),
            Fault::Reset => self.reset(node),
            Fault::Storm => self.storm(),
            Fault::SlowDisk => self.slow_disk(node),
            Fault::FullDisk => self.full_disk(node),
            Fault::FailSync => self.host(node).disk.with(|medium| medium.failing_syncs = 1),
            Fault::Rot => self.rot(node),
            Fault::Wipe => self.wipe(node),
            Fault::DamageFounder => self.damage_founder(node),
            Fault::LoseFirstVoter => self.lose_first_voter(),
            Fault::Ghost => S::ghost(self, node),
            Fault::WallJump => {
                let by = self.random.below(7_200_000) as i64 - 3_600_000;
                self.host(node).clock.jump(by);
                self.set_wall_clock(node);
            }
            Fault::Usurp => self.usurp(leader),
            Fault::Transfer => {
                let to = self.random.chance(500).then(|| *self.random.pick(&running));
                self.ask(node, Asker::Admin, |ticket| Request::Transfer {
                    ticket,
                    to,
                });
            }
            Fault::Snapshot => self.ask(node, Asker::Admin, |ticket| Request::Snapshot { ticket }),
            Fault::Membership => self.membership(node),
        }
    }

    pub(crate) fn length(&mut self) -> u64 {
        MS + self.random.around(self.profile.fault_length)
    }

    /// Power is lost now, or (more often) in the middle of what the disk does next.
    fn doom(&mut self, node: Node) {
        if self.random.chance(200) {
            self.crash(node, true);
        } else {
            self.host(node).doomed = true;
        }
    }

    pub(crate) fn crash(&mut self, node: Node, power: bool) {
        self.die(node, power);
        // Some stay away long enough for the others to move on without their log.
        let span = if self.random.chance(150) {
            4 * SECOND
        } else {
            0
        } + self.length();
        self.after(span, Happening::Start { node });
    }

    fn pause(&mut self, node: Node) {
        let span = self.length();
        self.pause_for(node, span);
    }

    pub(crate) fn cut_off(&mut self, nodes: &[Node]) {
        self.cut_off_for_good(nodes);
        // Some networks say so, others just swallow.
        if self.random.chance(500) {
            let others: Vec<Node> = self
                .reachable()
                .into_iter()
                .filter(|node| !nodes.contains(node))
                .collect();
            for other in others {
                for node in nodes {
                    self.disconnect(other, *node);
                }
            }
        }
        self.schedule_heal();
    }

    fn split(&mut self) {
        let mut all: Vec<Node> = self.hosts.keys().copied().collect();
        self.random.shuffle(&mut all);
        let size = 1 + self.random.below(all.len() as u64) as usize;
        self.cut_off(&all[..size.min(all.len())]);
    }

    fn cut_pairs(&mut self, both: bool) {
        let all: Vec<Node> = self.hosts.keys().copied().collect();
        for a in &all {
            for b in &all {
                if a != b && self.random.chance(350) {
                    self.links.cut(*a, *b);
                    if both {
                        self.links.cut(*b, *a);
                    }
                }
            }
        }
        self.schedule_heal();
    }

    fn schedule_heal(&mut self) {
        let span = self.length();
        self.after(span, Happening::Undo(Undo::Heal));
    }

    fn reset(&mut self, node: Node) {
        let others: Vec<Node> = self
            .reachable()
            .into_iter()
            .filter(|other| *other != node)
            .collect();
        for other in others {
            if self.random.chance(600) {
                self.disconnect(node, other);
                self.disconnect(other, node);
                self.connect(node, other);
            }
        }
    }

    fn storm(&mut self) {
        self.links.profile = NetProfile {
            delay_mean: self.profile.net.delay_mean * self.random.between(1, 20),
            loss_per_mille: self.random.below(300),
            repeat_per_mille: self.random.below(300),
            reorder_per_mille: self.random.below(900),
            straggle_per_mille: self.random.below(30),
        };
        let span = self.length();
        self.after(span, Happening::Undo(Undo::Calm));
    }

    fn slow_disk(&mut self, node: Node) {
        let factor = self.random.between(5, 200);
        let base = self.profile.disk.clone();
        self.host(node).disk.with(|medium| {
            medium.profile.sync_mean = base.sync_mean * factor;
            medium.profile.op_mean = base.op_mean * factor;
            medium.profile.stall_per_mille = 20;
            medium.profile.stall_mean = SECOND;
        });
        let span = self.length();
        self.after(span, Happening::Undo(Undo::Disk(node)));
    }

    fn full_disk(&mut self, node: Node) {
        self.host(node).disk.with(|medium| medium.full = true);
        let span = self.length();
        self.after(span, Happening::Undo(Undo::Disk(node)));
    }

    /// One step of membership, asked of any member.
    fn membership(&mut self, node: Node) {
        let Some(change) = self.choose_change() else {
            return;
        };
        let expected = self.random.chance(700).then_some(self.newest.id);
        self.note(node, || format!("is asked for {change:?}"));
        if matches!(change, Change::Remove { .. } | Change::Swap { .. }) {
            // The ticket that it is about to get.
            self.removals.insert(self.last_ticket + 1, self.now);
        }
        self.ask(node, Asker::Admin, |ticket| Request::Change {
            ticket,
            expected,
            change,
        });
    }

    fn choose_change(&mut self) -> Option<Change> {
        let newest = self.newest.clone();
        let voters = voters(&newest);
        let others: Vec<Node> = newest
            .members
            .keys()
            .copied()
            .filter(|node| !voters.contains(node))
            .collect();
        // Not even a leader that asks everyone can know of damage that nobody has read yet.
        let damaged = voters
            .iter()
            .any(|voter| self.hosts[voter].rotten.is_some());
        let (down, up): (Vec<Node>, Vec<Node>) = voters
            .iter()
            .copied()
            .partition(|voter| self.hosts[voter].agent.is_none());
        if !damaged && !down.is_empty() && !up.is_empty() && self.random.chance(500) {
            // The wrong one to remove.
            return Some(Change::Remove {
                node: *self.random.pick(&up),
            });
        }
        match self.random.below(10) {
            0..=3 if newest.members.len() < MEMBERS_MAX && voters.len() < VOTERS_MAX => {
                Some(self.add())
            }
            4..=6 if voters.len() > 1 && !damaged => Some(Change::Remove {
                node: *self.random.pick(&voters),
            }),
            7 if !others.is_empty() => Some(Change::Promote {
                node: *self.random.pick(&others),
            }),
            8 if !others.is_empty() && !damaged => Some(Change::Swap {
                out: *self.random.pick(&voters),
                into: *self.random.pick(&others),
            }),
            9 if !others.is_empty() => Some(Change::Remove {
                node: *self.random.pick(&others),
            }),
            _ => None,
        }
    }

    /// A new machine that waits to be contacted, and the change that makes it a member.
    pub(crate) fn add(&mut self) -> Change {
        let node = Node(self.next_number);
        self.next_number += 1;
        let mut host = Host::new(node, StartMode::Join, &self.profile, &mut self.random);
        host.cluster = self.cluster;
        self.hosts.insert(node, host);
        let span = self.length() / 4;
        self.after(span, Happening::Start { node });
        let role = if self.random.chance(800) {
            MemberRole::Joining
        } else {
            MemberRole::Learner
        };
        Change::Add {
            node,
            member: Member {
                role,
                context: Host::<S>::context(node).encode(),
            },
        }
    }

    pub(crate) fn admin_answered(&mut self, node: Node, output: &Output<S::Machine>) {
        match output {
            Output::Changed { ticket, result } => {
                if !matches!(result, Err(ChangeRefusal::Refused(_))) {
                    self.removals.remove(ticket);
                }
                self.note(node, || format!("answers the change: {result:?}"));
                self.counts.changes += u64::from(result.is_ok());
            }
            Output::Transferred { result, .. } => {
                self.note(node, || format!("answers the transfer: {result:?}"))
            }
            Output::Snapshotted { result, .. } => {
                self.note(node, || format!("answers the snapshot: {result:?}"))
            }
            _ => {}
        }
    }

    pub(crate) fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Heal => self.heal(),
            Undo::Usurped { leader, rival } => {
                if self.chaos {
                    self.usurped(leader, rival);
                }
            }
            Undo::CutOff(node) => {
                if self.chaos {
                    self.cut_off_for_good(&[node]);
                }
            }
            Undo::Calm => self.links.profile = self.profile.net.clone(),
            Undo::Disk(node) => {
                let profile = self.profile.disk.clone();
                self.host(node).calm_disk(&profile);
            }
        }
    }

    fn heal(&mut self) {
        for (a, b) in self.links.heal() {
            if self.random.chance(500) {
                self.disconnect(a, b);
            }
            self.connect(a, b);
        }
    }

    /// No more faults, and those that last end: every machine is up, every link is whole; only processes that
    /// are paused sleep on for a while.
    pub(crate) fn end_chaos(&mut self) {
        self.chaos = false;
        self.heal();
        self.links.profile = NetProfile {
            delay_mean: self.profile.net.delay_mean,
            ..NetProfile::QUIET
        };
        let disk = self.profile.disk.clone();
        let nodes: Vec<Node> = self.hosts.keys().copied().collect();
        for node in nodes {
            self.host(node).calm_disk(&disk);
            self.start(node);
        }
    }

    /// Cuts `nodes` off until [`World::heal_now`].
    pub(crate) fn cut_off_for_good(&mut self, nodes: &[Node]) {
        for a in nodes {
            let others: Vec<Node> = self
                .hosts
                .keys()
                .copied()
                .filter(|b| !nodes.contains(b))
                .collect();
            for b in others {
                self.links.cut(*a, b);
                self.links.cut(b, *a);
            }
        }
    }

    pub(crate) fn heal_now(&mut self) {
        self.heal();
    }

    pub(crate) fn pause_for(&mut self, node: Node, span: Instant) {
        let until = self.now + span;
        let host = self.host(node);
        host.paused_until = host.paused_until.max(until);
    }

    pub(crate) fn crash_for(&mut self, node: Node, power: bool, span: Instant) {
        self.die(node, power);
        self.after(span, Happening::Start { node });
    }

    pub(crate) fn lose_disk(&mut self, node: Node) {
        self.wipe(node);
    }

    pub(crate) fn fill_disk(&mut self, node: Node, full: bool) {
        self.host(node).disk.with(|medium| medium.full = full);
    }

    pub(crate) fn fail_next_sync(&mut self, node: Node) {
        self.host(node).disk.with(|medium| medium.failing_syncs = 1);
    }

    /// A new machine, and the change that makes it a member.
    pub(crate) fn newcomer(&mut self) -> Change {
        let node = Node(self.next_number);
        let Change::Add { member, .. } = self.add() else {
            unreachable!("it adds")
        };
        Change::Add {
            node,
            member: Member {
                role: MemberRole::Joining,
                ..member
            },
        }
    }

    pub(crate) fn voter_count(&self) -> usize {
        voters(&self.newest).len()
    }

    pub(crate) fn a_voter_but(&self, node: Node) -> Node {
        voters(&self.newest)
            .into_iter()
            .find(|voter| *voter != node)
            .unwrap_or(node)
    }

    /// All machines lose power once more and come back.
    pub(crate) fn restart_all(&mut self) {
        for node in self.reachable() {
            self.die(node, true);
            let span = self.random.below(200 * MS);
            self.after(span, Happening::Start { node });
        }
    }
}
