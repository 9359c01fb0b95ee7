//! Phase 2 as the leader sees it: propose, record, count, decide.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;

use crate::membership::Pending;
use crate::mutation::mutated;
use crate::progress::Progress;
use crate::reads::LeaderReads;
use crate::replica::Role;
use crate::{Ballot, Body, Configuration, Entry, Node, Now, Payload, Record, Replica, Slot};

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
    /// When decisions that found no `Accept` to ride on are told.
    pub(crate) tell_at: Option<Now>,
    /// The last heartbeat round sent, and when each recent one was.
    pub(crate) round: u64,
    pub(crate) rounds: VecDeque<(u64, Now)>,
    /// Where the first entry of this ballot is.
    pub(crate) own_entry: Option<Slot>,
    /// Entries after this one are not yet handed out for persisting.
    pub(crate) recorded: Slot,
    /// Bytes proposed and not decided.
    pub(crate) inflight: usize,
    pub(crate) counted: Slot,
    pub(crate) lease_until: Now,
    /// Set by a transfer, and while a change is under way: no lease is used or asked for.
    pub(crate) lease_revoked: bool,
    /// A transfer was begun in this ballot. Its target may campaign at any later time, past all leases.
    pub(crate) transferred: bool,
    /// Rounds before this one grant no lease (the configuration changed since).
    pub(crate) lease_from: u64,
    pub(crate) since: Now,
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
            tell_at: None,
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

    pub(crate) fn sent_at(&self, round: u64) -> Option<Now> {
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

    /// Counts acceptances, slot by slot, each by the configuration that governs it. A configuration itself is decided once
    /// a quorum of its own voters has accepted it, too: they can go on without those that it leaves out.
    pub(crate) fn advance_decided(&mut self) {
        loop {
            let Role::Leading(leading) = &self.role else {
                return;
            };
            let (decided, own) = (self.decided(), self.durable_in(leading.ballot));
            let matched_in = |configuration: &Configuration| {
                let spared = usize::from(mutated("paxos-minority-decides"));
                let matched = self.values_in(configuration, own.0, |p| p.matched.0);
                Slot(highest_reached(
                    matched,
                    configuration.accept_quorum() - spared,
                ))
            };
            let reached = matched_in(self.decided_configuration()).min(self.last());
            let through = match self.log().configuration_from(decided.next()) {
                Some(slot) if slot <= reached => {
                    let next = self.log().governing(slot.next());
                    let former = Slot(slot.0 - 1);
                    matched_in(next).clamp(former, slot)
                }
                _ => reached,
            };
            if through <= decided {
                return;
            }
            self.acceptor.decide(through);
            self.after_decided();
        }
    }

    /// Settles accounts after something was decided, and acts on a configuration that was.
    pub(crate) fn after_decided(&mut self) {
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
    pub(crate) fn propose_own(&mut self) {
        let drained = self.decided() == self.last();
        let undecided_configuration = self.log().latest_slot() > self.decided();
        let node = self.node();
        let resigns = !undecided_configuration
            && !self.configuration().is_voter(node)
            && self.is_configuration_known();
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

    /// True if a quorum of the configuration in force knows that it is. Before, a leader that it leaves out must stay: the
    /// others would ask the configuration before for votes.
    fn is_configuration_known(&self) -> bool {
        let known = self.quorum_in(self.configuration(), 0, |p| p.decided.0);
        known >= self.log().latest_slot().0
    }

    /// Hands entries proposed since the last time out for persisting.
    pub(crate) fn record_new(&mut self) {
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
}

/// The highest value that at least `quorum` of `values` have reached; 0 if there are too few.
pub(crate) fn highest_reached(mut values: Vec<u64>, quorum: usize) -> u64 {
    values.sort_unstable_by(|a, b| b.cmp(a));
    match quorum.checked_sub(1) {
        Some(index) => values.get(index).copied().unwrap_or(0),
        None => u64::MAX,
    }
}
