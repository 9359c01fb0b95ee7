//! Phase 1: canvass, prepare, promise; and how a candidate with enough promises comes to lead.

use std::collections::{BTreeMap, BTreeSet};

use crate::leader::Leading;
use crate::mutation::mutated;
use crate::replica::{Following, Role};
use crate::{
    Ballot, Body, Configuration, Entry, Node, Now, Payload, Record, Replica, Slot, Span, Standing,
};

/// Asking who would promise, before a ballot is spent.
#[derive(Debug)]
pub(crate) struct Canvassing {
    pub(crate) ballot: Ballot,
    pub(crate) granted: BTreeSet<Node>,
}

/// Phase 1 under way.
#[derive(Debug)]
pub(crate) struct Preparing {
    pub(crate) ballot: Ballot,
    pub(crate) transfer: bool,
    pub(crate) asked: BTreeSet<Node>,
    pub(crate) promises: BTreeMap<Node, Promised>,
    pub(crate) repeat_at: Now,
}

/// What an acceptor said with its promise.
#[derive(Clone, Debug)]
pub(crate) struct Promised {
    pub(crate) accepted: Ballot,
    pub(crate) decided: Slot,
    pub(crate) last: Slot,
    /// Its entries after its own `decided`, if its log is ahead of the candidate's.
    pub(crate) suffix: Vec<Entry>,
}

/// The log a candidate is to adopt.
enum Best {
    Own,
    /// That of this node.
    Of(Node),
}

impl Replica {
    /// True while a leader other than the asker is believed to live.
    fn hears_leader(&self, now: Now, asker: Node) -> bool {
        match &self.role {
            Role::Leading(_) => true,
            Role::Following(Following {
                leader: Some(leader),
                heard: Some(heard),
            }) => *leader != asker && now - *heard < self.settings.timing.election,
            _ => false,
        }
    }

    /// True while a granted lease forbids promising `ballot`.
    fn is_bound(&self, now: Now, ballot: Ballot) -> bool {
        now < self.bound_until && self.bound_to != Some(ballot)
    }

    /// The configurations whose quorums a candidate needs, if its log were: decided entries, then `suffix`.
    ///
    /// Whatever follows a configuration proves it chosen, since a leader proposes nothing after it before. So only a
    /// configuration that is the very last entry may be unchosen, and then both it and the one before count.
    fn electorate(&self, suffix: &[Entry]) -> Vec<Configuration> {
        let mut current = self.decided_configuration().clone();
        let mut former = None;
        for (position, entry) in suffix.iter().enumerate() {
            if let Payload::Configuration(next) = &entry.payload {
                let before = std::mem::replace(&mut current, next.clone());
                former = (position + 1 == suffix.len()).then_some(before);
            }
        }
        former.into_iter().chain([current]).collect()
    }

    fn own_suffix(&self) -> Vec<Entry> {
        self.log()
            .range(self.decided().next(), self.last(), usize::MAX)
    }

    fn have_quorum(electorate: &[Configuration], have: &BTreeSet<Node>) -> bool {
        electorate.iter().all(|configuration| {
            configuration
                .voters()
                .filter(|voter| have.contains(voter))
                .count()
                >= configuration.prepare_quorum()
        })
    }

    fn voters_of(electorate: &[Configuration]) -> BTreeSet<Node> {
        electorate.iter().flat_map(Configuration::voters).collect()
    }

    /// Begins to follow `leader`, or nobody.
    pub(crate) fn follow(&mut self, now: Now, leader: Option<Node>) {
        if let Role::Leading(_) = self.role {
            self.refuse_leader_reads();
        }
        self.drop_follower_reads();
        self.role = Role::Following(Following {
            leader,
            heard: leader.map(|_| now),
        });
        self.rest(now);
    }

    /// The leader of `ballot` lives.
    pub(crate) fn hear_leader(&mut self, now: Now, ballot: Ballot) {
        if let Role::Following(following) = &mut self.role
            && following.leader == Some(ballot.node)
        {
            following.heard = Some(now);
            self.rest(now);
        } else {
            self.follow(now, Some(ballot.node));
        }
    }

    /// The last connection to `node` was reset: a hint that its process died. If it led, nobody waits for the time-out;
    /// if it lives, the others still hear it and grant nothing.
    pub fn peer_down(&mut self, now: Now, node: Node) {
        if let Role::Following(following) = &mut self.role
            && following.leader == Some(node)
        {
            following.heard = None;
            let spread = self.settings.timing.heartbeat.0 / 4;
            self.stand_at = self.stand_at.min(now + Span(self.random(spread.max(1))));
        }
    }

    /// The time to stand for election has come. A canvass spends nothing, so it is repeated sooner than a ballot.
    pub(crate) fn stand(&mut self, now: Now) {
        let election = self.settings.timing.election.0;
        self.stand_at = now + Span(election / 4 + self.random((election / 2).max(1)));
        let electorate = self.electorate(&self.own_suffix());
        if self.standing != Standing::Whole || !electorate.iter().any(|c| c.is_voter(self.node())) {
            return;
        }
        if now < self.bound_until {
            self.stand_at = self.bound_until;
            return;
        }
        let ballot = self.next_ballot();
        self.drop_follower_reads();
        self.role = Role::Canvassing(Canvassing {
            ballot,
            granted: BTreeSet::from([self.node()]),
        });
        for voter in Self::voters_of(&electorate) {
            if voter != self.node() {
                self.send_now(
                    voter,
                    Body::Canvass {
                        ballot,
                        transfer: false,
                    },
                );
            }
        }
        self.try_prepare(now);
    }

    fn next_ballot(&self) -> Ballot {
        let round = self.round_seen.max(self.acceptor.promised.round);
        if mutated("paxos-reuse-ballot") && self.acceptor.promised.node == self.node() {
            return self.acceptor.promised;
        }
        Ballot {
            round: round + 1,
            node: self.node(),
        }
    }

    pub(crate) fn on_canvass(&mut self, now: Now, from: Node, ballot: Ballot, transfer: bool) {
        let promised = self.acceptor.promised;
        let free = transfer || !(self.hears_leader(now, from) || self.is_bound(now, ballot));
        let granted = self.can_vote() && ballot > promised && free;
        self.send_now(
            from,
            Body::CanvassReply {
                ballot,
                granted,
                promised,
            },
        );
    }

    pub(crate) fn on_canvass_reply(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        granted: bool,
        promised: Ballot,
    ) {
        self.round_seen = self.round_seen.max(promised.round);
        if let Role::Canvassing(canvassing) = &mut self.role
            && canvassing.ballot == ballot
            && granted
        {
            canvassing.granted.insert(from);
            self.try_prepare(now);
        }
    }

    fn try_prepare(&mut self, now: Now) {
        let Role::Canvassing(canvassing) = &self.role else {
            return;
        };
        if Self::have_quorum(&self.electorate(&self.own_suffix()), &canvassing.granted) {
            self.prepare(now, false);
        }
    }

    /// Phase 1a.
    fn prepare(&mut self, now: Now, transfer: bool) {
        let ballot = self.next_ballot();
        self.rest(now);
        self.record(Record::Promise { ballot });
        let repeat_at = now + self.settings.timing.heartbeat;
        self.role = Role::Preparing(Preparing {
            ballot,
            transfer,
            asked: BTreeSet::new(),
            promises: BTreeMap::new(),
            repeat_at,
        });
        self.ask(&Self::voters_of(&self.electorate(&self.own_suffix())));
        self.try_lead(now);
    }

    /// Sends `Prepare` to those of `voters` that were not asked yet.
    fn ask(&mut self, voters: &BTreeSet<Node>) {
        let node = self.node();
        let Role::Preparing(preparing) = &mut self.role else {
            return;
        };
        let (ballot, transfer) = (preparing.ballot, preparing.transfer);
        let fresh: Vec<Node> = voters
            .iter()
            .copied()
            .filter(|voter| *voter != node && preparing.asked.insert(*voter))
            .collect();
        for voter in fresh {
            let body = self.prepare_body(ballot, transfer);
            self.send_after_persist(voter, body);
        }
    }

    /// `node` did not send its suffix, since the candidate's log was longer then; it is asked anew.
    fn ask_again(&mut self, node: Node) {
        let Role::Preparing(preparing) = &mut self.role else {
            return;
        };
        preparing.promises.remove(&node);
        preparing.asked.remove(&node);
        self.ask(&BTreeSet::from([node]));
    }

    pub(crate) fn prepare_body(&self, ballot: Ballot, transfer: bool) -> Body {
        Body::Prepare {
            ballot,
            accepted: self.acceptor.accepted,
            last: self.last(),
            transfer,
        }
    }

    pub(crate) fn tick_preparing(&mut self, now: Now) {
        let heartbeat = self.settings.timing.heartbeat;
        let Role::Preparing(preparing) = &mut self.role else {
            return;
        };
        if now < preparing.repeat_at {
            return;
        }
        preparing.repeat_at = now + heartbeat;
        let (ballot, transfer) = (preparing.ballot, preparing.transfer);
        let silent: Vec<Node> = preparing
            .asked
            .iter()
            .copied()
            .filter(|node| !preparing.promises.contains_key(node))
            .collect();
        for node in silent {
            let body = self.prepare_body(ballot, transfer);
            self.send_after_persist(node, body);
        }
        self.try_lead(now);
    }

    /// A candidate that makes progress with what it lacks does not start over.
    pub(crate) fn keep_standing(&mut self, now: Now) {
        if let Role::Preparing(_) = self.role {
            self.rest(now);
        }
    }

    /// Phase 1b.
    pub(crate) fn on_prepare(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        candidate: (Ballot, Slot),
        transfer: bool,
    ) {
        if !self.can_vote() {
            return self.tell_amnesia(from);
        }
        let promised = self.acceptor.promised;
        if ballot < promised || ballot.node != from {
            let decided = self.decided();
            return self.send_now(
                from,
                Body::Reject {
                    ballot,
                    promised,
                    decided,
                },
            );
        }
        if ballot > promised {
            if !transfer && (self.hears_leader(now, from) || self.is_bound(now, ballot)) {
                return;
            }
            self.follow(now, None);
            self.record(Record::Promise { ballot });
        }
        let (accepted, last) = (self.acceptor.accepted, self.last());
        let ahead = (accepted, last) > candidate;
        let suffix = if ahead { self.own_suffix() } else { Vec::new() };
        let decided = self.decided();
        self.send_after_persist(
            from,
            Body::Promise {
                ballot,
                accepted,
                decided,
                last,
                suffix,
            },
        );
    }

    pub(crate) fn on_promise(&mut self, now: Now, from: Node, ballot: Ballot, promised: Promised) {
        match &mut self.role {
            Role::Preparing(preparing) if preparing.ballot == ballot => {
                preparing.promises.insert(from, promised);
                self.try_lead(now);
            }
            Role::Leading(leading) if leading.ballot == ballot => {
                self.on_late_promise(from, promised.decided)
            }
            _ => {}
        }
    }

    pub(crate) fn on_reject(
        &mut self,
        now: Now,
        _from: Node,
        ballot: Ballot,
        promised: Ballot,
        _decided: Slot,
    ) {
        self.round_seen = self.round_seen.max(promised.round);
        let own = match &self.role {
            Role::Preparing(preparing) => preparing.ballot,
            Role::Leading(leading) => leading.ballot,
            _ => return,
        };
        if own == ballot && promised > ballot {
            self.follow(now, None);
        }
    }

    /// The most advanced log among the promises: the highest accepted ballot, then the longest.
    fn best(&self, promises: &BTreeMap<Node, Promised>) -> Best {
        let own = (self.acceptor.accepted, self.last());
        let other = promises
            .iter()
            .max_by_key(|(_, promised)| (promised.accepted, promised.last));
        match other {
            Some((node, promised))
                if (promised.accepted, promised.last) > own
                    && !mutated("paxos-shortest-log-wins") =>
            {
                Best::Of(*node)
            }
            _ => Best::Own,
        }
    }

    /// Leads, if promises, log and durability allow it; else asks for what is missing.
    pub(crate) fn try_lead(&mut self, now: Now) {
        let Role::Preparing(preparing) = &self.role else {
            return;
        };
        let ballot = preparing.ballot;
        if self.durable.promised < ballot {
            return;
        }
        let mut have: BTreeSet<Node> = preparing.promises.keys().copied().collect();
        have.insert(self.node());
        if !Self::have_quorum(&self.electorate(&self.own_suffix()), &have) {
            let more = Self::voters_of(&self.electorate(&self.own_suffix()));
            return self.ask(&more);
        }
        let suffix = match self.best(&preparing.promises) {
            Best::Own => self.own_suffix(),
            Best::Of(node) => {
                let promised = &preparing.promises[&node];
                if promised.suffix.len() as u64 != promised.last.0 - promised.decided.0 {
                    return self.ask_again(node);
                }
                if promised.decided > self.decided() {
                    return self.fetch(node);
                }
                let known =
                    usize::try_from(self.decided().0 - promised.decided.0).unwrap_or(usize::MAX);
                promised.suffix.iter().skip(known).cloned().collect()
            }
        };
        let electorate = self.electorate(&suffix);
        if !Self::have_quorum(&electorate, &have) {
            return self.ask(&Self::voters_of(&electorate));
        }
        if !electorate
            .iter()
            .any(|configuration| configuration.is_voter(self.node()))
        {
            return self.follow(now, None);
        }
        self.adopt(now, ballot, suffix);
    }

    /// Asks `node` for chosen entries that this candidate lacks.
    fn fetch(&mut self, node: Node) {
        let (ballot, after) = match &self.role {
            Role::Preparing(preparing) => (preparing.ballot, self.decided()),
            _ => return,
        };
        self.send_now(node, Body::Fetch { ballot, after });
    }

    pub(crate) fn on_fetch(&mut self, from: Node, ballot: Ballot, after: Slot) {
        if after < self.base().slot {
            if !self.out.needs_snapshot.contains(&from) {
                self.out.needs_snapshot.push(from);
            }
            return;
        }
        let bytes = self.settings.bounds.message_bytes_max;
        let decided = self.decided();
        let entries = self.log().range(after.next(), decided, bytes);
        self.send_now(
            from,
            Body::Learn {
                ballot,
                from: after.next(),
                entries,
                decided,
            },
        );
    }

    /// Phase 1 is complete: the adopted log becomes accepted in `ballot`, atomically, and this node leads.
    fn adopt(&mut self, now: Now, ballot: Ballot, suffix: Vec<Entry>) {
        let role = std::mem::replace(&mut self.role, Role::Following(Following::default()));
        let Role::Preparing(preparing) = role else {
            return;
        };
        let decided = preparing
            .promises
            .values()
            .map(|p| p.decided)
            .fold(self.decided(), Slot::max);
        let from = self.decided().next();
        let decided = if mutated("paxos-shortest-log-wins") {
            self.decided()
        } else {
            decided
        };
        assert!(
            decided.0 < from.0 + suffix.len() as u64,
            "adopts a log that lacks the decided {decided}"
        );
        self.record(Record::Sync {
            ballot,
            from,
            entries: suffix,
            decided,
        });
        self.role = Role::Leading(Box::new(Leading::new(now, ballot, self)));
        for (node, promised) in preparing.promises {
            self.on_late_promise(node, promised.decided);
        }
        self.begin_leading(now);
    }

    pub(crate) fn on_take_over(&mut self, now: Now, from: Node, ballot: Ballot) {
        let electorate = self.electorate(&self.own_suffix());
        let voter = electorate
            .iter()
            .any(|configuration| configuration.is_voter(self.node()));
        if ballot == self.acceptor.promised
            && ballot.node == from
            && voter
            && self.standing == Standing::Whole
        {
            self.drop_follower_reads();
            self.prepare(now, true);
        }
    }

    /// Answers a leader or candidate that does not know that promises were lost here.
    pub(crate) fn tell_amnesia(&mut self, to: Node) {
        if let Standing::Amnesiac { context } = self.standing.clone() {
            let decided = self.decided();
            self.send_after_persist(to, Body::Amnesia { context, decided });
        }
    }
}
