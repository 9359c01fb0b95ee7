//! Proposals on their way into the log: those of this member's front ends, those forwarded by others, and the leader's
//! own.
//!
//! A follower forwards its commands in their envelopes, batched, and answers its clients when it applies them itself. A
//! command is sent again to a new leader, or after a while; the leader proposes it at most once in a ballot, and apply
//! passes over what was applied before.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use synod_paxos::{Ballot, Node, Now, ProposeError, Slot, Span};

use super::Driver;
use crate::envelope::{self, Carried, Envelope, Origin};
use crate::origins::{Origins, Window};
use crate::wire::Peer;
use crate::{Command, Disk, DiskState, Net, Output, Refusal, StateMachine, Ticket};

/// Bytes that an envelope may add to a command.
const ENVELOPE_BYTES_MAX: usize = 4 << 10;
/// How long a refused forward waits before it is sent again.
const REFUSED_RETRY: Span = Span::from_millis(20);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Waits to be proposed or forwarded.
    Queued,
    /// In this member's log.
    Proposed,
    /// Sent to a leader; to be sent again at this time.
    Forwarded(Now),
}

#[derive(Debug)]
struct Pending {
    ticket: Ticket,
    command: Command,
    deadline: Now,
    way: Way,
}

/// All proposals.
///
/// Invariants:
/// 1. `pending[i]` is the command of sequence `first + i`; the first one is never `None`.
/// 2. `queue` holds the sequences of the pending commands that are `Queued`, and perhaps some answered ones.
pub(super) struct Proposals {
    incarnation: u64,
    first: u64,
    pending: VecDeque<Option<Pending>>,
    queue: VecDeque<u64>,
    count: usize,
    bytes: usize,
    /// Commands forwarded by others, to be proposed here.
    inbox: VecDeque<(Node, Bytes)>,
    inbox_bytes: usize,
    /// What was taken into the inbox in the ballot this member leads in.
    taken: BTreeMap<u64, Window>,
    taken_in: Option<Ballot>,
    /// Commands of the leader itself.
    own: VecDeque<Carried>,
    /// When to look for forwards to repeat.
    look_at: Option<Now>,
}

impl Proposals {
    pub(super) fn new(incarnation: u64) -> Self {
        Self {
            incarnation,
            first: 1,
            pending: VecDeque::new(),
            queue: VecDeque::new(),
            count: 0,
            bytes: 0,
            inbox: VecDeque::new(),
            inbox_bytes: 0,
            taken: BTreeMap::new(),
            taken_in: None,
            own: VecDeque::new(),
            look_at: None,
        }
    }

    pub(super) fn outstanding(&self) -> usize {
        self.count
    }

    pub(super) fn push_own(&mut self, carried: Carried) {
        self.own.push_back(carried);
    }

    pub(super) fn own_waiting(&self) -> usize {
        self.own.len()
    }

    /// Leadership is lost: what the leader itself wanted is void.
    pub(super) fn drop_own(&mut self) {
        self.own.clear();
    }

    fn index(&self, sequence: u64) -> Option<usize> {
        usize::try_from(sequence.checked_sub(self.first)?).ok()
    }

    fn get(&mut self, sequence: u64) -> Option<&mut Pending> {
        let index = self.index(sequence)?;
        self.pending.get_mut(index)?.as_mut()
    }

    fn take(&mut self, sequence: u64) -> Option<Pending> {
        let index = self.index(sequence)?;
        let taken = self.pending.get_mut(index)?.take()?;
        self.count -= 1;
        self.bytes -= taken.command.len();
        while let Some(None) = self.pending.front() {
            self.pending.pop_front();
            self.first += 1;
        }
        Some(taken)
    }

    fn push(&mut self, pending: Pending) {
        let sequence = self.first + self.pending.len() as u64;
        self.count += 1;
        self.bytes += pending.command.len();
        self.pending.push_back(Some(pending));
        self.queue.push_back(sequence);
    }

    /// A command was applied: the ticket of whoever waits here.
    pub(super) fn applied(&mut self, origin: Origin) -> Option<Ticket> {
        if origin.incarnation != self.incarnation {
            return None;
        }
        self.take(origin.sequence).map(|pending| pending.ticket)
    }

    /// A snapshot replaced the state: what it holds of this origin's commands was applied, but its answers are not
    /// known.
    pub(super) fn applied_elsewhere(&mut self, origins: &Origins) -> Vec<Ticket> {
        let end = self.first + self.pending.len() as u64;
        let mut tickets = Vec::new();
        for sequence in self.first..end {
            let origin = Origin {
                incarnation: self.incarnation,
                sequence,
                floor: 0,
            };
            if origins.contains(origin)
                && let Some(pending) = self.take(sequence)
            {
                tickets.push(pending.ticket);
            }
        }
        tickets
    }

    /// Another leader, or none: everything under way is to be sent again.
    pub(super) fn requeue(&mut self) {
        self.queue.clear();
        for (index, pending) in self.pending.iter_mut().enumerate() {
            if let Some(pending) = pending {
                pending.way = Way::Queued;
                self.queue.push_back(self.first + index as u64);
            }
        }
    }

    /// Queues forwards again that were not answered in time.
    fn repeat(&mut self, now: Now) {
        if self.look_at.is_none_or(|at| at > now) {
            return;
        }
        self.look_at = None;
        for (index, pending) in self.pending.iter_mut().enumerate() {
            if let Some(pending) = pending
                && let Way::Forwarded(again) = pending.way
            {
                if again <= now {
                    pending.way = Way::Queued;
                    self.queue.push_back(self.first + index as u64);
                } else {
                    let look = self.look_at.get_or_insert(again);
                    *look = again.min(*look);
                }
            }
        }
    }

    /// Takes out whoever has waited too long. Commands wait in the order of their deadlines.
    fn expired(&mut self, now: Now) -> Vec<(Ticket, Way)> {
        let mut expired = Vec::new();
        while let Some(Some(front)) = self.pending.front()
            && front.deadline <= now
        {
            if let Some(pending) = self.take(self.first) {
                expired.push((pending.ticket, pending.way));
            }
        }
        expired
    }

    fn everything(&mut self) -> Vec<Ticket> {
        let all = std::mem::take(&mut self.pending);
        self.first += all.len() as u64;
        self.queue.clear();
        self.count = 0;
        self.bytes = 0;
        all.into_iter().flatten().map(|p| p.ticket).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Now> {
        let front = self.pending.front().and_then(Option::as_ref);
        let expiry = front.map(|pending| pending.deadline);
        [expiry, self.look_at].into_iter().flatten().min()
    }

    pub(super) fn invariants(&self) {
        assert!(
            self.pending.front().is_none_or(Option::is_some),
            "the first pending command is an answered one"
        );
        let count = self.pending.iter().flatten().count();
        assert_eq!(count, self.count, "pending commands");
    }
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    pub(super) fn on_propose(&mut self, now: Now, ticket: Ticket, command: Command) {
        let bounds = &self.settings.bounds;
        let refusal = if self.running.is_none() || self.draining {
            Some(self.unavailable())
        } else if command.len() > bounds.command_bytes_max {
            Some(Refusal::TooLarge)
        } else if self.disk_state == DiskState::Full
            || self.proposals.pending.len() >= bounds.outstanding_max
            || self.proposals.bytes + command.len() > bounds.outstanding_bytes_max
        {
            Some(Refusal::Overloaded)
        } else {
            None
        };
        match refusal {
            Some(refusal) => self.refuse_proposal(ticket, refusal),
            None => self.proposals.push(Pending {
                ticket,
                command,
                deadline: now + self.settings.bounds.request_timeout,
                way: Way::Queued,
            }),
        }
    }

    /// The answer of a member that does not take part: it may soon, or not.
    pub(super) fn unavailable(&self) -> Refusal {
        if self.opening.is_some() && !self.draining {
            Refusal::Overloaded
        } else {
            Refusal::Stopped
        }
    }

    pub(super) fn refuse_proposal(&mut self, ticket: Ticket, refusal: Refusal) {
        self.outputs.push(Output::Applied {
            ticket,
            slot: Slot(0),
            result: Err(refusal),
        });
    }

    /// Refuses every proposal.
    pub(super) fn refuse_proposals(&mut self, refusal: Refusal) {
        for ticket in self.proposals.everything() {
            self.refuse_proposal(ticket, refusal);
        }
    }

    /// Repeats what was not answered, refuses what has waited too long.
    pub(super) fn tick_proposals(&mut self, now: Now) {
        self.proposals.repeat(now);
        let leaderless = self
            .running
            .as_ref()
            .is_none_or(|running| running.core.leader().is_none());
        for (ticket, way) in self.proposals.expired(now) {
            let refusal = if leaderless && way == Way::Queued {
                Refusal::NoLeader
            } else {
                Refusal::TimedOut
            };
            self.refuse_proposal(ticket, refusal);
        }
    }

    /// Proposes or forwards what waits.
    pub(super) fn propose_queued(&mut self, now: Now) {
        let Some(running) = &self.running else { return };
        if running.core.is_leader() {
            self.propose_inbox(now);
            self.propose_own(now);
            self.propose_pending(now);
        } else {
            let leader = running.core.leader();
            self.refuse_inbox();
            if let Some(leader) = leader {
                self.forward_pending(now, leader);
            }
        }
    }

    fn propose(&mut self, now: Now, command: Bytes) -> Result<(), ProposeError> {
        let Some(running) = &mut self.running else {
            return Err(ProposeError::NotLeader { hint: None });
        };
        running.core.propose(now, command).map(|_| ())
    }

    fn propose_inbox(&mut self, now: Now) {
        let time = self.wall_ms(now);
        while let Some((from, command)) = self.proposals.inbox.pop_front() {
            if self
                .propose(now, envelope::stamped(&command, time))
                .is_err()
            {
                self.proposals.inbox.push_front((from, command));
                return;
            }
            self.proposals.inbox_bytes -= command.len();
            if let Some(running) = &mut self.running {
                running.core.await_decision(from);
            }
        }
    }

    fn propose_own(&mut self, now: Now) {
        let time = self.wall_ms(now);
        while let Some(carried) = self.proposals.own.pop_front() {
            let envelope = self.own_envelope(carried, time);
            let command = envelope.encode();
            if self.propose(now, command).is_err() {
                self.proposals.own.push_front(envelope.carried);
                return;
            }
        }
    }

    fn propose_pending(&mut self, now: Now) {
        let time = self.wall_ms(now);
        while let Some(sequence) = self.proposals.queue.front().copied() {
            if let Some(command) = self.encode_pending(sequence, time) {
                if self.propose(now, command).is_err() {
                    return;
                }
                if let Some(pending) = self.proposals.get(sequence) {
                    pending.way = Way::Proposed;
                }
            }
            self.proposals.queue.pop_front();
        }
    }

    /// A queued command in its envelope; `None` if it was answered meanwhile.
    fn encode_pending(&mut self, sequence: u64, time_ms: u64) -> Option<Bytes> {
        let level = self.replicated.shared.level;
        let (incarnation, floor) = (self.proposals.incarnation, self.proposals.first);
        let pending = self.proposals.get(sequence)?;
        if pending.way != Way::Queued {
            return None;
        }
        let envelope = Envelope {
            origin: Origin {
                incarnation,
                sequence,
                floor,
            },
            time_ms,
            level,
            carried: Carried::Machine(pending.command.clone()),
            ..Envelope::default()
        };
        Some(envelope.encode())
    }

    fn forward_pending(&mut self, now: Now, leader: Node) {
        let again = now + self.settings.bounds.forward_retry;
        let mut commands = Vec::new();
        let mut bytes = 0;
        while let Some(sequence) = self.proposals.queue.pop_front() {
            let Some(command) = self.encode_pending(sequence, 0) else {
                continue;
            };
            if let Some(pending) = self.proposals.get(sequence) {
                pending.way = Way::Forwarded(again);
            }
            self.counters.forwarded += 1;
            bytes += command.len();
            commands.push(command);
            if bytes >= self.settings.bounds.forward_bytes_max {
                bytes = 0;
                let commands = std::mem::take(&mut commands);
                self.send_peer(leader, Peer::Forward { commands });
            }
            self.proposals.look_at.get_or_insert(again);
        }
        if !commands.is_empty() {
            self.send_peer(leader, Peer::Forward { commands });
        }
    }

    /// Commands forwarded by `from`, who believes that this member leads.
    pub(super) fn on_forward(&mut self, from: Node, commands: Vec<Bytes>) {
        let leads = self
            .running
            .as_ref()
            .is_some_and(|running| running.core.is_leader());
        let mut refused: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for command in commands {
            let Some(origin) = self.check_forwarded(&command) else {
                self.counters.frames_malformed += 1;
                continue;
            };
            let room = self.proposals.inbox_bytes + command.len()
                <= self.settings.bounds.outstanding_bytes_max;
            if !leads || !room || self.draining || self.disk_state == DiskState::Full {
                let sequences = refused.entry(origin.incarnation).or_default();
                sequences.push(origin.sequence);
            } else if self.is_new(origin) {
                self.proposals.inbox_bytes += command.len();
                self.proposals.inbox.push_back((from, command));
            }
        }
        for (incarnation, sequences) in refused {
            self.send_peer(
                from,
                Peer::ForwardRefused {
                    incarnation,
                    sequences,
                },
            );
        }
    }

    /// What others may put into the log: a whole envelope of bounded size, with an origin, around a machine's command.
    fn check_forwarded(&self, command: &Bytes) -> Option<Origin> {
        if command.len() > self.settings.bounds.command_bytes_max + ENVELOPE_BYTES_MAX {
            return None;
        }
        let envelope = Envelope::decode(command).ok()?;
        let machine = matches!(envelope.carried, Carried::Machine(_));
        (machine && envelope.origin.incarnation != 0).then_some(envelope.origin)
    }

    /// True unless the command was applied, or taken for proposal in this ballot.
    fn is_new(&mut self, origin: Origin) -> bool {
        if self.replicated.shared.origins.contains(origin) {
            return false;
        }
        let window = self.proposals.taken.entry(origin.incarnation).or_default();
        window.insert(origin.sequence, origin.floor)
    }

    fn refuse_inbox(&mut self) {
        let mut refused: BTreeMap<(Node, u64), Vec<u64>> = BTreeMap::new();
        for (from, command) in std::mem::take(&mut self.proposals.inbox) {
            if let Some(origin) = envelope::origin(&command) {
                let sequences = refused.entry((from, origin.incarnation)).or_default();
                sequences.push(origin.sequence);
            }
        }
        self.proposals.inbox_bytes = 0;
        for ((from, incarnation), sequences) in refused {
            self.send_peer(
                from,
                Peer::ForwardRefused {
                    incarnation,
                    sequences,
                },
            );
        }
    }

    /// The receiver of a forward does not take it: it is sent again soon, to whoever leads then.
    pub(super) fn on_forward_refused(&mut self, now: Now, incarnation: u64, sequences: &[u64]) {
        if incarnation != self.proposals.incarnation {
            return;
        }
        let again = now + REFUSED_RETRY;
        for sequence in sequences {
            if let Some(pending) = self.proposals.get(*sequence)
                && let Way::Forwarded(_) = pending.way
            {
                pending.way = Way::Forwarded(again);
                self.proposals.look_at = Some(again);
            }
        }
    }

    /// Notes who leads; when that changes, what is under way starts anew.
    pub(super) fn note_leader(&mut self, _now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        let leader = running.core.leader();
        let ballot = running.core.is_leader().then(|| running.core.promised());
        if running.leader == (leader, ballot) {
            return;
        }
        running.leader = (leader, ballot);
        if self.proposals.taken_in != ballot {
            self.proposals.taken_in = ballot;
            self.proposals.taken.clear();
        }
        self.proposals.requeue();
        self.reads.requeue_soft();
        self.snapshots.leader_changed(ballot.is_some());
        if let Some(leader) = leader.filter(|leader| *leader != self.settings.node) {
            self.greet(leader);
        }
    }
}
