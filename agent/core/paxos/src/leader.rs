//! Phase 2 as the leader sees it: accept, count, decide; heartbeats, leases, and members that lag.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::membership::Pending;
use crate::mutation::mutated;
use crate::progress::{Feed, Progress};
use crate::reads::LeaderReads;
use crate::replica::Role;
use crate::{
    Ballot, Body, Change, Configuration, Entry, Lease, MemberRole, Node, Now, Payload, Record,
    Replica, Slot, Span,
};

/// Why a command was not proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeError {
    /// This replica does not lead.
    NotLeader {
        /// Who does, as far as known.
        hint: Option<Node>,
    },
    /// As much as may be is in flight: try again when something is decided.
    Full,
    /// Leadership is being handed over: try again soon, elsewhere.
    Transferring,
    /// A configuration is being decided, or this leader has not begun: try again soon.
    Reconfiguring,
}

/// A handover under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer {
    pub(crate) to: Node,
    pub(crate) until: Now,
    pub(crate) told: bool,
}

/// A leader's soft state.
#[derive(Debug)]
pub(crate) struct Leading {
    pub(crate) ballot: Ballot,
    pub(crate) progress: BTreeMap<Node, Progress>,
    pub(crate) reads: LeaderReads,
    pub(crate) pending: Option<Pending>,
    pub(crate) transfer: Option<Transfer>,
    /// The latest time handed in.
    pub(crate) clock: Now,
    pub(crate) beat_at: Now,
    /// The last heartbeat round sent, and when each recent one was.
    pub(crate) round: u64,
    rounds: VecDeque<(u64, Now)>,
    /// Where the first entry of this ballot is.
    own_entry: Option<Slot>,
    /// Entries after this one are not yet handed out for persisting.
    recorded: Slot,
    /// Bytes proposed and not decided.
    inflight: usize,
    counted: Slot,
    lease_until: Now,
    /// Set by a transfer, and while a change is under way: no lease is used or asked for.
    pub(crate) lease_revoked: bool,
    /// A transfer was begun in this ballot. Its target may campaign at any later time, past all leases.
    pub(crate) transferred: bool,
    /// Rounds before this one grant no lease (the configuration changed since).
    lease_from: u64,
    since: Now,
}

impl Leading {
    pub(crate) fn new(now: Now, ballot: Ballot, replica: &Replica) -> Self {
        Self {
            ballot,
            progress: BTreeMap::new(),
            reads: LeaderReads::default(),
            pending: None,
            transfer: None,
            clock: now,
            beat_at: now,
            round: 0,
            rounds: VecDeque::new(),
            own_entry: None,
            recorded: replica.last(),
            inflight: replica.log().weight_from(replica.decided().next()),
            counted: replica.decided(),
            lease_until: Now(0),
            lease_revoked: false,
            transferred: false,
            lease_from: 0,
            since: now,
        }
    }

    pub(crate) fn own_entry_decided(&self, decided: Slot) -> bool {
        self.own_entry.is_some_and(|slot| slot <= decided)
    }

    pub(crate) fn lease_holds(&self, now: Now) -> bool {
        !self.lease_revoked && now < self.lease_until
    }

    fn sent_at(&self, round: u64) -> Option<Now> {
        self.rounds
            .iter()
            .find(|(sent, _)| *sent == round)
            .map(|(_, at)| *at)
    }
}

impl Replica {
    pub(crate) fn leading(&mut self) -> Option<&mut Leading> {
        match &mut self.role {
            Role::Leading(leading) => Some(leading),
            _ => None,
        }
    }

    /// Configurations that count for the next undecided slot, and for those after a configuration that is undecided.
    pub(crate) fn counting(&self) -> Vec<&Configuration> {
        let (current, latest) = (self.decided_configuration(), self.configuration());
        if current.id == latest.id {
            vec![current]
        } else {
            vec![current, latest]
        }
    }

    /// Proposes a command at the next slot.
    ///
    /// # Errors
    /// When this replica does not lead, is handing over or changing its configuration, or has too much in flight.
    pub fn propose(&mut self, now: Now, command: Bytes) -> Result<Slot, ProposeError> {
        let (decided, last) = (self.decided(), self.last());
        let undecided_configuration =
            self.log().latest_slot() > decided && !mutated("paxos-change-undrained");
        let bounds = self.settings.bounds.clone();
        let hint = match &self.role {
            Role::Following(following) => following.leader,
            _ => None,
        };
        let Role::Leading(leading) = &mut self.role else {
            return Err(ProposeError::NotLeader { hint });
        };
        leading.clock = leading.clock.max(now);
        if leading.transfer.is_some() {
            return Err(ProposeError::Transferring);
        }
        if leading.own_entry.is_none() || leading.pending.is_some() || undecided_configuration {
            return Err(ProposeError::Reconfiguring);
        }
        if leading.inflight >= bounds.inflight_bytes_max
            || last.0 - decided.0 >= bounds.inflight_slots_max
        {
            return Err(ProposeError::Full);
        }
        Ok(self.push(Payload::Command(command)))
    }

    pub(crate) fn push(&mut self, payload: Payload) -> Slot {
        let slot = self.last().next();
        let Role::Leading(leading) = &mut self.role else {
            return slot;
        };
        let entry = Entry {
            ballot: leading.ballot,
            payload,
        };
        leading.inflight += entry.weight();
        leading.own_entry.get_or_insert(slot);
        self.acceptor.log.push(entry);
        slot
    }

    /// The first deeds of a new leader.
    pub(crate) fn begin_leading(&mut self, now: Now) {
        self.meet_members(now);
        let heartbeat = self.settings.timing.heartbeat;
        if let Some(leading) = self.leading() {
            leading.beat_at = now + heartbeat;
        }
        self.prepare_silent();
        self.drive_leading();
    }

    /// Gives every member of the counting configurations a `Progress`, and takes leave of the others.
    pub(crate) fn meet_members(&mut self, now: Now) {
        let node = self.node();
        let members: Vec<Node> = self
            .counting()
            .iter()
            .flat_map(|c| c.members.keys().copied())
            .filter(|member| *member != node)
            .collect();
        let (decided, last) = (self.decided(), self.last());
        let Some(leading) = self.leading() else {
            return;
        };
        let ballot = leading.ballot;
        let left: Vec<Node> = leading
            .progress
            .keys()
            .copied()
            .filter(|known| !members.contains(known))
            .collect();
        for member in members {
            leading
                .progress
                .entry(member)
                .or_insert_with(|| Progress::new(now));
        }
        leading.progress.retain(|known, _| !left.contains(known));
        for gone in left {
            self.send_now(
                gone,
                Body::Accept {
                    ballot,
                    from: last.next(),
                    entries: Vec::new(),
                    decided,
                },
            );
        }
    }

    /// Asks members that have not promised this ballot yet.
    pub(crate) fn prepare_silent(&mut self) {
        let Some(leading) = self.leading() else {
            return;
        };
        let ballot = leading.ballot;
        let silent: Vec<Node> = leading
            .progress
            .iter()
            .filter(|(_, p)| p.is_silent())
            .map(|(node, _)| *node)
            .collect();
        for node in silent {
            let body = self.prepare_body(ballot, false);
            self.send_after_persist(node, body);
        }
    }

    /// A promise that came after the quorum was complete.
    pub(crate) fn on_late_promise(&mut self, from: Node, decided: Slot) {
        let Some(leading) = self.leading() else {
            return;
        };
        let clock = leading.clock;
        let progress = leading
            .progress
            .entry(from)
            .or_insert_with(|| Progress::new(clock));
        progress.heard = clock;
        let was_amnesiac = progress.amnesiac.take().is_some();
        if progress.feed == Feed::Unpromised || was_amnesiac {
            progress.feed = Feed::Lagging { fed: None };
            progress.decided = decided;
            self.feed(from);
        }
    }

    pub(crate) fn on_accepted(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        last: Slot,
        decided: Slot,
        gap: bool,
    ) {
        let heartbeat = self.settings.timing.heartbeat;
        let end = self.last();
        let Some(leading) = self.leading() else {
            return;
        };
        if leading.ballot != ballot {
            return;
        }
        leading.clock = leading.clock.max(now);
        let Some(progress) = leading.progress.get_mut(&from) else {
            return;
        };
        progress.heard = now;
        if progress.feed == Feed::Unpromised || progress.amnesiac.is_some() {
            return;
        }
        if last == Slot(0) {
            progress.decided = decided;
            progress.feed = Feed::Lagging { fed: None };
            return self.feed(from);
        }
        progress.accepted(now, last.min(end), decided);
        if gap {
            progress.resend(now, heartbeat);
        }
    }

    pub(crate) fn on_heartbeat_ack(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        round: u64,
        (last, decided): (Slot, Slot),
        leased: bool,
    ) {
        let end = self.last();
        let Some(leading) = self.leading() else {
            return;
        };
        if leading.ballot != ballot {
            return;
        }
        leading.clock = leading.clock.max(now);
        if mutated("paxos-lease-from-receipt") {
            leading
                .rounds
                .iter_mut()
                .filter(|(sent, _)| *sent == round)
                .for_each(|(_, at)| *at = now);
        }
        let Some(progress) = leading.progress.get_mut(&from) else {
            return;
        };
        progress.heard = now;
        if progress.amnesiac.is_some() {
            return;
        }
        progress.round = progress.round.max(round);
        if leased {
            progress.leased = progress.leased.max(round);
        }
        if last > Slot(0) && progress.feed != Feed::Unpromised {
            progress.accepted(now, last.min(end), decided);
        }
    }

    /// Sends a lagging member the next thing it needs: a snapshot, chosen entries, or the unchosen suffix.
    pub(crate) fn feed(&mut self, node: Node) {
        let (decided, last, base) = (self.decided(), self.last(), self.base().slot);
        let bytes = self.settings.bounds.message_bytes_max;
        let Some(leading) = self.leading() else {
            return;
        };
        let (ballot, clock) = (leading.ballot, leading.clock);
        let Some(progress) = leading.progress.get_mut(&node) else {
            return;
        };
        let after = progress.decided;
        if after < base {
            if progress.feed != Feed::Snapshot {
                progress.feed = Feed::Snapshot;
                self.out.needs_snapshot.push(node);
            }
            return;
        }
        let amnesiac = progress.amnesiac.is_some();
        let from = after.next();
        let limit = bytes.max(self.log().weight_from(decided.next()));
        if amnesiac || self.log().weight_from(from) > limit && after < decided {
            let entries = self.log().range(from, decided, bytes);
            self.set_feed(node, Feed::Lagging { fed: Some(clock) });
            if !entries.is_empty() {
                self.send_now(
                    node,
                    Body::Learn {
                        ballot,
                        from,
                        entries,
                        decided,
                    },
                );
            }
        } else {
            let entries = self.log().range(from, last, usize::MAX);
            if let Some(progress) = self
                .leading()
                .and_then(|leading| leading.progress.get_mut(&node))
            {
                progress.synced(clock, last, decided);
            }
            self.send_now(
                node,
                Body::Sync {
                    ballot,
                    from,
                    entries,
                    decided,
                },
            );
        }
    }

    fn set_feed(&mut self, node: Node, feed: Feed) {
        if let Some(progress) = self
            .leading()
            .and_then(|leading| leading.progress.get_mut(&node))
        {
            progress.feed = feed;
        }
    }

    /// The snapshot through `slot` that `node` needed arrived there.
    pub fn snapshot_sent(&mut self, node: Node, slot: Slot) {
        let Some(progress) = self
            .leading()
            .and_then(|leading| leading.progress.get_mut(&node))
        else {
            return;
        };
        if progress.feed == Feed::Snapshot {
            progress.decided = progress.decided.max(slot);
            progress.feed = Feed::Lagging { fed: None };
            self.feed(node);
        }
    }

    /// The snapshot that `node` needed did not arrive; it is asked for again after a while.
    pub fn snapshot_failed(&mut self, node: Node) {
        let Some(leading) = self.leading() else {
            return;
        };
        let clock = leading.clock;
        if let Some(progress) = leading.progress.get_mut(&node)
            && progress.feed == Feed::Snapshot
        {
            progress.feed = Feed::Lagging { fed: Some(clock) };
        }
    }

    pub(crate) fn on_amnesia(&mut self, now: Now, from: Node, context: Bytes, decided: Slot) {
        let role = self
            .configuration()
            .members
            .get(&from)
            .map(|member| (member.role, member.context == context));
        let Some(leading) = self.leading() else {
            return;
        };
        leading.clock = leading.clock.max(now);
        let Some(progress) = leading.progress.get_mut(&from) else {
            return;
        };
        progress.lost(now, context.clone(), decided);
        if leading.pending.is_none() {
            match role {
                Some((MemberRole::Voter, false)) => {
                    let _ = self.change(
                        now,
                        None,
                        Change::Demote {
                            node: from,
                            context,
                        },
                    );
                }
                Some((_, false)) => {
                    let _ = self.change(
                        now,
                        None,
                        Change::Update {
                            node: from,
                            context,
                        },
                    );
                }
                _ => {}
            }
        }
        self.feed(from);
    }

    pub(crate) fn tick_leading(&mut self, now: Now) {
        let Timing {
            heartbeat,
            election,
        } = Timing::of(self);
        let Some(leading) = self.leading() else {
            return;
        };
        leading.clock = leading.clock.max(now);
        if now < leading.beat_at {
            return;
        }
        leading.beat_at = now + heartbeat;
        if leading
            .transfer
            .is_some_and(|transfer| now >= transfer.until)
        {
            leading.transfer = None;
        }
        if now - leading.since >= election && !self.has_live_quorum(now) {
            return self.follow(now, None);
        }
        self.prepare_silent();
        self.begin_round();
        self.repeat_stuck(now, heartbeat);
    }

    /// True if an accept quorum was heard of within the election time-out.
    pub(crate) fn has_live_quorum(&self, now: Now) -> bool {
        self.counting()
            .iter()
            .all(|configuration| self.is_live_quorum(configuration, now))
    }

    /// True if enough voters of `configuration` were heard of within the election time-out.
    pub(crate) fn is_live_quorum(&self, configuration: &Configuration, now: Now) -> bool {
        let Role::Leading(leading) = &self.role else {
            return false;
        };
        let election = self.settings.timing.election;
        let live = configuration.voters().filter(|voter| {
            *voter == self.node()
                || leading
                    .progress
                    .get(voter)
                    .is_some_and(|p| p.is_live(now, election))
        });
        live.count() >= configuration.accept_quorum()
    }

    /// Sends again what should have been answered by now.
    fn repeat_stuck(&mut self, now: Now, heartbeat: Span) {
        let Some(leading) = self.leading() else {
            return;
        };
        let mut hungry = Vec::new();
        for (node, progress) in &mut leading.progress {
            if progress.is_hungry(now, heartbeat) {
                hungry.push(*node);
            } else {
                progress.resend_if_stuck(now, heartbeat);
            }
        }
        for node in hungry {
            self.feed(node);
        }
    }

    /// A heartbeat to everyone: proof of life, question of a read, request of a lease.
    fn begin_round(&mut self) {
        const ROUNDS_MAX: usize = 256;
        let decided = self.decided();
        let lease = self.settings.timing.lease.map_or(0, |lease| lease.length.0);
        let Some(leading) = self.leading() else {
            return;
        };
        leading.round += 1;
        leading.rounds.push_back((leading.round, leading.clock));
        if leading.rounds.len() > ROUNDS_MAX {
            leading.rounds.pop_front();
        }
        let (ballot, round) = (leading.ballot, leading.round);
        let lease = if leading.lease_revoked { 0 } else { lease };
        let told: Vec<Node> = leading
            .progress
            .iter()
            .filter(|(_, p)| p.feed != Feed::Unpromised || p.amnesiac.is_some())
            .map(|(node, _)| *node)
            .collect();
        for node in told {
            self.send_now(
                node,
                Body::Heartbeat {
                    ballot,
                    decided,
                    round,
                    lease,
                },
            );
        }
    }

    /// The highest value that a quorum of every counting configuration has reached.
    fn quorum_of(&self, own: u64, value: impl Fn(&Progress) -> u64) -> u64 {
        let Role::Leading(leading) = &self.role else {
            return 0;
        };
        let reached = self.counting().into_iter().map(|configuration| {
            let values = configuration.voters().map(|voter| {
                if voter == self.node() {
                    own
                } else {
                    leading.progress.get(&voter).map_or(0, &value)
                }
            });
            highest_reached(values.collect(), configuration.accept_quorum())
        });
        reached.min().unwrap_or(0)
    }

    /// Everything a leader does when something may have changed: hand out new entries, decide, answer reads, send.
    pub(crate) fn drive_leading(&mut self) {
        let Role::Leading(_) = self.role else { return };
        self.advance_decided();
        self.propose_own();
        self.record_new();
        self.confirm_reads();
        self.hand_over();
        self.send_accepts();
    }

    /// Counts acceptances, slot by slot, each by the configuration that governs it.
    fn advance_decided(&mut self) {
        loop {
            let Role::Leading(leading) = &self.role else {
                return;
            };
            let (decided, own) = (self.decided(), self.durable_in(leading.ballot));
            let governing = self.decided_configuration();
            let matched = governing.voters().map(|voter| {
                if voter == self.node() {
                    own.0
                } else {
                    leading.progress.get(&voter).map_or(0, |p| p.matched.0)
                }
            });
            let quorum = governing.accept_quorum() - usize::from(mutated("paxos-minority-decides"));
            let reached = Slot(highest_reached(matched.collect(), quorum)).min(self.last());
            let through = self
                .log()
                .configuration_from(decided.next())
                .map_or(reached, |slot| reached.min(slot));
            if through <= decided {
                return;
            }
            self.acceptor.decide(through);
            self.after_decided();
        }
    }

    /// Settles accounts after something was decided, and acts on a configuration that was.
    fn after_decided(&mut self) {
        let decided = self.decided();
        let Role::Leading(leading) = &mut self.role else {
            return;
        };
        let mut weight = 0;
        while leading.counted < decided {
            leading.counted = leading.counted.next();
            weight += self
                .acceptor
                .log
                .get(leading.counted)
                .map_or(0, Entry::weight);
        }
        leading.inflight = leading.inflight.saturating_sub(weight);
        if self.acceptor.log.latest_slot() == decided {
            let now = leading.clock;
            leading.lease_from = leading.round + 1;
            leading.lease_revoked = leading.transferred;
            leading.lease_until = Now(0);
            self.meet_members(now);
            self.prepare_silent();
        }
    }

    /// Proposes what the leader itself wants: its first entry, a waiting change, a promotion.
    fn propose_own(&mut self) {
        let drained = self.decided() == self.last();
        let undecided_configuration = self.log().latest_slot() > self.decided();
        let node = self.node();
        let resigns = !undecided_configuration && !self.configuration().is_voter(node);
        let Some(leading) = self.leading() else {
            return;
        };
        let now = leading.clock;
        if resigns {
            self.send_accepts();
            return self.step_down(now);
        }
        if leading.own_entry.is_none() {
            if !undecided_configuration {
                self.push(Payload::Noop);
            }
            return;
        }
        if leading.pending.is_none() && !undecided_configuration {
            self.promote_caught_up();
        }
        let waits = self
            .leading()
            .is_some_and(|leading| leading.pending.is_some());
        if waits && (drained || mutated("paxos-change-undrained")) {
            self.propose_pending();
        }
    }

    /// Hands entries proposed since the last time out for persisting.
    fn record_new(&mut self) {
        let (last, decided) = (self.last(), self.decided());
        let Some(leading) = self.leading() else {
            return;
        };
        let (ballot, from) = (leading.ballot, leading.recorded.next());
        if leading.recorded < last {
            leading.recorded = last;
            let entries = self.log().range(from, last, usize::MAX);
            self.out.persist.push(Record::Append {
                ballot,
                from,
                entries,
                decided,
            });
        }
    }

    /// Answers reads that a round has confirmed; begins the next round if one is wanted and none is under way.
    fn confirm_reads(&mut self) {
        let Role::Leading(leading) = &self.role else {
            return;
        };
        let (wanted, sent) = (leading.reads.wanted_round(), leading.round);
        let before = self.quorum_of(sent, |p| p.round);
        if wanted > sent && (before == sent || sent == 0) {
            self.begin_round();
        }
        let Role::Leading(leading) = &self.role else {
            return;
        };
        let confirmed = self.quorum_of(leading.round, |p| p.round);
        self.renew_lease();
        self.answer_confirmed(confirmed);
    }

    fn renew_lease(&mut self) {
        let Some(Lease { length, drift_ppm }) = self.settings.timing.lease else {
            return;
        };
        let Role::Leading(leading) = &self.role else {
            return;
        };
        let round = self.quorum_of(leading.round, |p| p.leased);
        let margin = length.0 / 1_000_000 * u64::from(drift_ppm);
        let margin = if mutated("paxos-lease-without-margin") {
            0
        } else {
            margin
        };
        let Some(leading) = self.leading() else {
            return;
        };
        if round >= leading.lease_from
            && let Some(sent_at) = leading.sent_at(round)
        {
            leading.lease_until = leading.lease_until.max(sent_at + Span(length.0 - margin));
        }
    }

    /// Sends every synchronised member what it lacks; an empty `Accept` tells what was decided.
    fn send_accepts(&mut self) {
        let bytes = self.settings.bounds.message_bytes_max;
        let window = self.settings.bounds.inflight_slots_max;
        let (decided, last, first) = (self.decided(), self.last(), self.first());
        let Role::Leading(leading) = &mut self.role else {
            return;
        };
        let (ballot, clock) = (leading.ballot, leading.clock);
        let (mut sent, mut behind) = (Vec::new(), Vec::new());
        for (node, progress) in &mut leading.progress {
            while let Some(from) = progress.next_to_send(last, window) {
                if from < first {
                    progress.feed = Feed::Lagging { fed: None };
                    behind.push(*node);
                    break;
                }
                let entries = self.acceptor.log.range(from, last, bytes);
                progress.sent(clock, &entries, decided);
                sent.push((
                    *node,
                    Body::Accept {
                        ballot,
                        from,
                        entries,
                        decided,
                    },
                ));
            }
            if progress.wants_decision(decided) {
                progress.sent(clock, &[], decided);
                sent.push((
                    *node,
                    Body::Accept {
                        ballot,
                        from: last.next(),
                        entries: Vec::new(),
                        decided,
                    },
                ));
            }
        }
        for (node, body) in sent {
            self.send_now(node, body);
        }
        for node in behind {
            self.feed(node);
        }
    }
}

/// The highest value that at least `quorum` of `values` have reached; 0 if there are too few.
fn highest_reached(mut values: Vec<u64>, quorum: usize) -> u64 {
    values.sort_unstable_by(|a, b| b.cmp(a));
    quorum
        .checked_sub(1)
        .and_then(|index| values.get(index))
        .copied()
        .unwrap_or(u64::MAX)
}

struct Timing {
    heartbeat: Span,
    election: Span,
}

impl Timing {
    const fn of(replica: &Replica) -> Self {
        Self {
            heartbeat: replica.settings.timing.heartbeat,
            election: replica.settings.timing.election,
        }
    }
}
