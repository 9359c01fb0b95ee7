//! A group loses its quorum for good, and a person decides to go on with what one survivor has. Some of the others are gone,
//! some come back emptied, and some as they were: the person was wrong about them, and they may even be a quorum of the
//! group of before, which then goes on as well. The attempts to recover are cut short, over and over.
//!
//! What must hold: the new group has all that is certain to be on the survivor's disk, acknowledged or not; what only
//! others knew is lost; it goes on as one group whose clients are told of nothing twice, and grows.

use std::cell::RefCell;
use std::rc::Rc;

use synod_paxos::{Ballot, ConfigId, Configuration, Node, Slot};
use synod_replica::{ClusterUid, Phase, Request, StartMode};

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::nemesis::Undo;
use crate::observe::voters;
use crate::service::{Ledger as _, Service};
use crate::world::{Asker, Happening, World};

/// What is certain of a survivor's disk.
struct Survivor {
    node: Node,
    /// The last configuration it was seen with.
    configuration: ConfigId,
    /// The ballot and the last slot that it accepted, if nothing can have superseded them.
    holds: Option<(Ballot, Slot)>,
    /// Operations that were acknowledged and are in it.
    acknowledged: Vec<usize>,
}

impl<S: Service> World<S> {
    /// Ends some worlds' groups, and some twice.
    pub(crate) fn go_on_with_a_survivor(&mut self) {
        let mut chance = 350;
        while self.random.chance(chance) {
            self.busy = true;
            S::wake(self);
            let span = self.random.between(300, 1_500) * MS;
            self.pass(span);
            if !self.lose_quorum_for_good() {
                return;
            }
            self.must_progress("a survivor was recovered");
            self.fall_silent();
            chance = 250;
        }
    }

    /// False if no disk is certain to be whole.
    pub(crate) fn lose_quorum_for_good(&mut self) -> bool {
        let Some(node) = self.someone_whole() else {
            return false;
        };
        self.go_separate_ways(node);
        let survivor = self.lose_all_but(node);
        self.recover(&survivor);
        self.check_recovered(&survivor);
        self.grow(node);
        true
    }

    fn someone_whole(&mut self) -> Option<Node> {
        let whole = |node: &Node| {
            let host = &self.hosts[node];
            let status = host.agent.as_ref().map(synod_replica::Driver::status);
            let votes = status.is_some_and(|status| crate::dialect::votes(&status));
            votes && !host.damaged && !host.wiped && host.rotten.is_none()
        };
        let whole: Vec<Node> = voters(&self.newest).into_iter().filter(whole).collect();
        (!whole.is_empty()).then(|| *self.random.pick(&whole))
    }

    /// The survivor may not hear of everything at the end, and others not of all that it does.
    fn go_separate_ways(&mut self, node: Node) {
        if self.random.chance(600) {
            self.cut_off_for_good(&[node]);
        }
        let election = self.profile.election.0;
        let span = self.random.below(3 * election);
        self.pass(span);
    }

    fn lose_all_but(&mut self, node: Node) -> Survivor {
        let ours = |other: &Node| self.is_ours(*other);
        let all: Vec<Node> = self.hosts.keys().copied().filter(ours).collect();
        for other in &all {
            let power = self.random.chance(500);
            self.die(*other, power);
        }
        let survivor = self.what_is_certain(node);
        let former = self.give_up_for(node);
        for other in all.into_iter().filter(|other| *other != node) {
            self.leave_behind(other);
        }
        let host = self.host(node);
        host.founded = StartMode::Recover { former };
        host.ordered = None;
        self.heal_now();
        self.after(MS, Happening::Start { node });
        survivor
    }

    /// The group is given up for one that is to begin with what is on this machine's disk. What it was called.
    pub(crate) fn give_up_for(&mut self, node: Node) -> ClusterUid {
        let ours = |other: &Node| self.is_ours(*other) && *other != node;
        let others: Vec<Node> = self.hosts.keys().copied().filter(ours).collect();
        let before = Rc::new(RefCell::new(self.ledger.borrow().clone()));
        self.given_up.push(Rc::clone(&before));
        S::forsaken(self);
        self.ledger.borrow_mut().forsake();
        let former = self.cluster;
        self.cluster = ClusterUid((u128::from_be_bytes(former.0) + 1).to_be_bytes());
        (self.newest, self.former) = Default::default();
        for other in others {
            self.host(other).ledger = Some(Rc::clone(&before));
        }
        let cluster = self.cluster;
        let host = self.host(node);
        host.cluster = cluster;
        // Whoever starts it may say `resume` once it was seen in the new group.
        (host.joined, host.unnoticed, host.old_build) = (false, false, false);
        self.counts.recoveries += 1;
        former
    }

    /// What a machine of before is from now on.
    fn leave_behind(&mut self, node: Node) {
        if self.random.chance(300) {
            self.host(node).retired = true;
            return;
        }
        if self.random.chance(400) {
            let host = self.host(node);
            host.disk.wipe();
            (host.wiped, host.damaged, host.disk_id) = (true, true, 0);
            self.votes.forget(node);
        }
        let span = self.random.below(6 * SECOND);
        self.after(span, Happening::Start { node });
    }

    fn what_is_certain(&self, node: Node) -> Survivor {
        let holds = self.votes.holds(node);
        let acknowledged = holds.map_or_else(Vec::new, |(ballot, last)| {
            self.ledger.borrow().acknowledged_in(ballot, last.0)
        });
        let host = &self.hosts[&node];
        let undecided = host.undecided.as_ref().map(|next| next.id);
        Survivor {
            node,
            configuration: host.configuration.max(undecided.unwrap_or_default()),
            holds,
            acknowledged,
        }
    }

    /// Starts the survivor until it takes part. It dies on the way, its disk fills up, its syncs fail.
    fn recover(&mut self, survivor: &Survivor) {
        let node = survivor.node;
        let limit = self.now + 90 * SECOND;
        let mut troubles = self.random.below(10);
        while !self.takes_part(node) {
            let sync = self.profile.disk.sync_mean;
            let span = self.random.below(12 * sync) + 1;
            self.pass(span);
            if troubles > 0 && self.hosts[&node].agent.is_some() && !self.takes_part(node) {
                troubles -= 1;
                self.trouble(node);
            }
            demand!(
                "progress",
                self.now < limit,
                "{node} is not recovered after 90 s: {:?}",
                self.hosts[&node]
                    .agent
                    .as_ref()
                    .map(|agent| agent.status().phase)
            );
        }
    }

    fn takes_part(&self, node: Node) -> bool {
        let agent = self.hosts[&node].agent.as_ref();
        agent.is_some_and(|agent| agent.status().phase == Phase::Running)
    }

    fn trouble(&mut self, node: Node) {
        self.counts.cut_short += 1;
        match self.random.below(10) {
            0 => self.fail_next_sync(node),
            1 => {
                self.fill_disk(node, true);
                let span = self.random.below(2 * SECOND);
                self.after(span, Happening::Undo(Undo::Disk(node)));
            }
            kind => {
                self.die(node, kind > 4);
                let span = self.random.below(100 * MS);
                self.after(span, Happening::Start { node });
            }
        }
    }

    fn check_recovered(&self, survivor: &Survivor) {
        let node = survivor.node;
        let configuration = self.newest.clone();
        demand!(
            "survivor",
            alone(&configuration, node),
            "{node} goes on with {configuration:?}"
        );
        demand!(
            "survivor",
            configuration.id > survivor.configuration,
            "{node} goes on in configuration {}, and was in {} before",
            configuration.id.0,
            survivor.configuration.0
        );
        let ledger = self.ledger.borrow();
        if let Some((ballot, last)) = survivor.holds {
            demand!(
                "survivor",
                ledger.log().frontier() > last.0,
                "{node} had accepted through {last} in {ballot}, and goes on after s{}",
                ledger.log().frontier()
            );
        }
        for id in &survivor.acknowledged {
            let (there, what) = ledger.look_up(*id);
            demand!(
                "survivor",
                there,
                "{what} was acknowledged, {node} had accepted it, and goes on without it"
            );
        }
    }

    /// The group takes in others, while its first member comes and goes.
    fn grow(&mut self, node: Node) {
        let wanted = 1 + 2 * self.random.below(2) as usize;
        let limit = self.now + 120 * SECOND;
        let mut asked_at: Instant = 0;
        while self.voter_count() < wanted {
            if asked_at + 10 * SECOND <= self.now && self.newest.members.len() < wanted {
                asked_at = self.now;
                let change = self.newcomer();
                let at = self.leader().unwrap_or(node);
                if self.hosts[&at].agent.is_some() {
                    self.ask(at, Asker::Admin, |ticket| Request::Change {
                        ticket,
                        expected: None,
                        change,
                    });
                }
            }
            if self.random.chance(100) {
                self.crash(node, true);
            }
            self.pass(500 * MS);
            demand!(
                "progress",
                self.now < limit,
                "the recovered group does not grow beyond {:?}",
                self.newest
            );
        }
    }
}

fn alone(configuration: &Configuration, node: Node) -> bool {
    configuration.members.keys().eq([&node]) && configuration.is_voter(node)
}
