//! The faults that need cunning: an election while the old leader's lease may run, disks that are damaged, but never more
//! of them than a minority of the voters, and a founder that dies for long when a group has just begun.

use synod_paxos::{Configuration, Member, MemberRole, Node};
use synod_replica::{Disk, Request};

use crate::clock::{Instant, MS, SECOND};
use crate::demand;
use crate::nemesis::{MEMBERS_MAX, Undo, VOTERS_MAX};
use crate::observe::voters;
use crate::service::Service;
use crate::world::{Asker, Happening, World};

impl<S: Service> World<S> {
    /// First one rival stops hearing the leader, and the others do not follow it while they do.
    pub(crate) fn usurp(&mut self, leader: Node) {
        let rivals: Vec<Node> = voters(&self.newest)
            .into_iter()
            .filter(|node| *node != leader && self.hosts[node].agent.is_some())
            .collect();
        if rivals.len() < 2 {
            return;
        }
        let rival = *self.random.pick(&rivals);
        self.usurping_until = self.now + 6 * self.profile.election.0;
        self.links.heal();
        self.links.cut(leader, rival);
        self.links.cut(rival, leader);
        let election = self.profile.election.0;
        let span = self.random.between(3 * election / 2, 5 * election / 2);
        self.after(span, Happening::Undo(Undo::Usurped { leader, rival }));
    }

    /// Then the leader is cut off from all while leases may run: the others forget what they granted, or are told that it
    /// died, or it slept and does not know how late it is. Clients hurry meanwhile.
    pub(crate) fn usurped(&mut self, leader: Node, rival: Node) {
        let election = self.profile.election.0;
        let others: Vec<Node> = self
            .reachable()
            .into_iter()
            .filter(|node| *node != leader && *node != rival)
            .collect();
        let way = self.random.below(3);
        self.note(leader, || {
            format!("is cut off, in way {way}; {rival} is its rival")
        });
        let mut cut_after = 0;
        if way == 2 {
            let span = self.random.between(election / 4, election);
            self.pause_for(leader, span);
            cut_after = self.random.below(MS);
        }
        self.hurry_until = self.now + 3 * election;
        S::hurry(self, leader);
        for node in others {
            if way == 0 {
                self.die(node, false);
                let span = self.random.below(10 * MS);
                self.after(span, Happening::Start { node });
            } else {
                let incarnation = self.hosts[&node].incarnation;
                let span = cut_after + self.random.below(20 * MS);
                self.after(
                    span,
                    Happening::Link {
                        node,
                        incarnation,
                        peer: leader,
                        up: false,
                    },
                );
            }
        }
        if cut_after > 0 {
            self.after(cut_after, Happening::Undo(Undo::CutOff(leader)));
        } else {
            self.cut_off_for_good(&[leader]);
        }
        self.after(3 * election, Happening::Undo(Undo::Heal));
    }

    /// Whether one more of the voters' disks may be damaged: whatever configuration is or may come to be in force, a
    /// quorum of it keeps its disks.
    pub(crate) fn may_damage(&self, node: Node) -> bool {
        let undecided = self
            .hosts
            .values()
            .filter_map(|host| host.undecided.as_ref());
        let newer = undecided.filter(|configuration| configuration.id > self.newest.id);
        // While too few know that the newest is decided, the others ask for a quorum of the one before, too.
        let former = Some(&self.former).filter(|_| !self.is_newest_known_without(node));
        let damaged = |other: &Node| *other == node || self.hosts[other].damaged;
        let survivable = |configuration: &Configuration| {
            let mut voters = voters(configuration);
            let lost =
                |voters: &[Node]| 1 + voters.iter().filter(|n| **n != node && damaged(n)).count();
            let as_it_is = 2 * lost(&voters) < voters.len();
            // Whoever joins may be promoted before anybody reads what is damaged.
            let joins = |(node, member): (&Node, &Member)| {
                (member.role == MemberRole::Joining && damaged(node)).then_some(*node)
            };
            voters.extend(configuration.members.iter().filter_map(joins));
            as_it_is && 2 * lost(&voters) < voters.len()
        };
        self.newest.members.contains_key(&node)
            && std::iter::once(&self.newest)
                .chain(newer)
                .chain(former)
                .all(survivable)
    }

    /// True if a quorum of the newest configuration knows that it is decided, `node` not counted: what it knows is lost
    /// with its disk, and what another knows may not be on its disk yet.
    fn is_newest_known_without(&self, node: Node) -> bool {
        let voters = voters(&self.newest);
        let known = voters
            .iter()
            .filter(|voter| **voter != node && self.hosts[*voter].configuration >= self.newest.id);
        2 * known.count() > voters.len()
    }

    pub(crate) fn rot(&mut self, node: Node) {
        if !self.may_be_removing() && self.random.chance(500) {
            return self.rot_snapshot();
        }
        if !self.may_damage(node) {
            return;
        }
        self.die(node, true);
        let times = self.random.between(1, 3);
        for _ in 0..times {
            self.spoil(node, "");
        }
        let span = self.length();
        self.after(span, Happening::Start { node });
    }

    /// Bits of a file flip whose name begins with `prefix`; false if there was nothing to rot.
    fn spoil(&mut self, node: Node, prefix: &str) -> bool {
        let Some((file, offset)) = self.host(node).disk.rot(prefix) else {
            return false;
        };
        self.note(node, || format!("its disk rots: {file} at {offset}"));
        self.host(node).damaged = true;
        true
    }

    /// True while a voter may be removed that somebody was asked to remove. A leader asks the remaining voters whether they
    /// live, and one whose damage nobody has read says that it does: two voters of which one is damaged survive nothing. So
    /// the group promises to survive a loss that is not known yet among the voters that are left, not among those there were.
    fn may_be_removing(&self) -> bool {
        /// How long a request that nobody answered may be on its way: it times out after 3 s.
        const ON_ITS_WAY: Instant = 6 * SECOND;
        self.removals
            .values()
            .any(|asked| self.now < asked + ON_ITS_WAY)
    }

    /// Snapshots rot while they are in use, often the leader's while somebody new needs one; found when one is read.
    fn rot_snapshot(&mut self) {
        let may_rot = |node: &Node| self.may_damage(*node) && self.newest_snapshot(*node).is_some();
        let others: Vec<Node> = self.hosts.keys().copied().filter(may_rot).collect();
        let node = self.leader().filter(may_rot).or_else(|| {
            let any = !others.is_empty();
            any.then(|| *self.random.pick(&others))
        });
        let Some((node, newest)) = node.and_then(|node| Some((node, self.newest_snapshot(node)?)))
        else {
            return;
        };
        let incarnation = self.hosts[&node].incarnation;
        for _ in 0..3 {
            if self.spoil(node, &newest) {
                self.host(node).rotten = Some(incarnation);
            }
        }
        let room =
            self.newest.members.len() < MEMBERS_MAX && voters(&self.newest).len() < VOTERS_MAX;
        if room && self.random.chance(800) {
            let change = self.add();
            self.ask(node, Asker::Admin, |ticket| Request::Change {
                ticket,
                expected: None,
                change,
            });
        }
    }

    /// The snapshot that a newcomer would be sent.
    fn newest_snapshot(&self, node: Node) -> Option<String> {
        let files = self.hosts[&node].disk.list().unwrap_or_default();
        files
            .into_iter()
            .rfind(|file| file.starts_with("snapshot-"))
    }

    pub(crate) fn wipe(&mut self, node: Node) {
        let unnoticed = self.random.chance(500);
        let span = self.length();
        self.lose(node, unnoticed, span);
    }

    /// A founder's disk is lost while the group begins or soon after, and nobody notices; or what it says about itself is.
    pub(crate) fn damage_founder(&mut self, node: Node) {
        if self.random.chance(600) {
            return self.wipe_founder(node);
        }
        if !self.may_damage(node) {
            return;
        }
        self.die(node, true);
        self.spoil(node, "identity");
        let span = self.random.below(500 * MS);
        self.after(span, Happening::Start { node });
    }

    /// From the second vote on nobody needs a word of the first who voted.
    pub(crate) fn lose_first_voter(&mut self) {
        let limit = self.now + 30 * SECOND + 40 * self.profile.election.0;
        let mut first = None;
        let lost = loop {
            let other = self.voting().find(|node| Some(*node) != first);
            match (first, other) {
                (Some(first), Some(_)) => break first,
                (None, other) => first = other,
                (Some(_), None) => {}
            }
            demand!("progress", self.step(limit), "no two founders vote");
        };
        self.die(lost, true);
        while self.leader().is_none() {
            demand!(
                "progress",
                self.step(limit),
                "without {lost}, that voted and died, nobody leads"
            );
        }
        let span = self.random.below(500 * MS);
        self.after(span, Happening::Start { node: lost });
    }

    fn voting(&self) -> impl Iterator<Item = Node> {
        let agents = self
            .hosts
            .iter()
            .filter_map(|(node, host)| Some((*node, host.agent.as_ref()?)));
        agents
            .filter(|(_, agent)| crate::dialect::votes(&agent.status()))
            .map(|(node, _)| node)
    }

    /// A founder's disk is lost, and nobody notices.
    pub(crate) fn wipe_founder(&mut self, node: Node) {
        let span = self.random.below(500 * MS);
        self.lose(node, true, span);
    }

    /// The machine loses its disk and comes back after `span`, as what it was founded as if that is `unnoticed`.
    fn lose(&mut self, node: Node, unnoticed: bool, span: Instant) {
        if !self.may_damage(node) || !self.hosts[&node].formatted {
            return;
        }
        self.die(node, true);
        let voted = self.votes.others_voted(node);
        let host = self.host(node);
        host.disk.wipe();
        host.damaged = true;
        host.unnoticed = unnoticed;
        // Votes that nobody counted bind nobody: the group has yet to begin.
        host.wiped = voted;
        host.disk_id = 0;
        self.votes.forget(node);
        self.after(span, Happening::Start { node });
    }
}
