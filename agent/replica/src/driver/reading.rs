//! Linearizable reads and requests for the leader's soft state: gathered per turn, one question to the core for each
//! batch.
//!
//! A soft request is answered by the leader's machine, after a quorum confirmed the leader *since the request came*.
//! Followers send theirs to the leader in one frame; what got no answer is sent again, which soft requests allow.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_paxos::{Node, Now, ReadDone, Slot};

use super::Driver;
use crate::mutation::mutated;
use crate::wire::Peer;
use crate::{Disk, Net, Output, Refusal, StateMachine, Ticket};

/// A read that waits for its slot.
#[derive(Clone, Copy, Debug)]
struct Read {
    ticket: Ticket,
    deadline: Now,
}

/// A soft request of this member's front ends.
struct Soft<Q> {
    ticket: Ticket,
    deadline: Now,
    request: Q,
}

/// Soft requests that a leader answers together.
enum SoftBatch<Q> {
    Own(Vec<Soft<Q>>),
    Peer(Node, u64, Vec<Q>),
}

/// What a question to the core is about.
enum Asked<Q> {
    Reads(Vec<Read>),
    Soft(SoftBatch<Q>),
}

/// Soft requests sent to a leader, and when to ask again.
type Sent<Q> = (Now, Vec<Soft<Q>>);

/// All reads and soft requests.
pub(super) struct Reads<S: StateMachine> {
    arriving: Vec<Read>,
    arriving_soft: Vec<Soft<S::Soft>>,
    /// Soft batches of peers that wait to be asked about.
    peers: Vec<(Node, u64, Vec<S::Soft>)>,
    /// Questions to the core, by their number.
    asked: BTreeMap<u64, Asked<S::Soft>>,
    /// Confirmed questions that wait for their slot to be applied.
    confirmed: BTreeMap<(Slot, u64), Asked<S::Soft>>,
    /// Soft batches sent to a leader, by their number.
    sent: BTreeMap<u64, Sent<S::Soft>>,
    numbers: u64,
    count: usize,
    /// When the first of all may have waited too long.
    look_at: Option<Now>,
}

impl<S: StateMachine> Reads<S> {
    /// Batches are numbered from a place of this process's own: an answer to the process before it, late, must not be
    /// taken for one to this.
    pub(super) fn starting_at(random: u64) -> Self {
        Self {
            arriving: Vec::new(),
            arriving_soft: Vec::new(),
            peers: Vec::new(),
            asked: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            sent: BTreeMap::new(),
            numbers: random >> 16,
            count: 0,
            look_at: None,
        }
    }
}

impl<S: StateMachine> Reads<S> {
    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn outstanding(&self) -> usize {
        self.count
    }

    pub(super) fn next_deadline(&self) -> Option<Now> {
        let repeat = self.sent.values().map(|(again, _)| *again).min();
        [self.look_at, repeat].into_iter().flatten().min()
    }

    /// Another leader: what was sent to the last one is sent again.
    pub(super) fn requeue_soft(&mut self) {
        for (_, (_, batch)) in std::mem::take(&mut self.sent) {
            self.arriving_soft.extend(batch);
        }
    }

    fn look(&mut self, deadline: Now) {
        let look = self.look_at.get_or_insert(deadline);
        *look = deadline.min(*look);
    }

    /// Takes out those that have waited too long: reads, then soft requests.
    fn expired(&mut self, now: Now) -> (Vec<Ticket>, Vec<Ticket>) {
        let (mut reads, mut soft) = (Vec::new(), Vec::new());
        let mut next: Option<Now> = None;
        let mut keep = |deadline: Now, ticket: Ticket, expired: &mut Vec<Ticket>| {
            if deadline <= now {
                expired.push(ticket);
                false
            } else {
                next = Some(next.map_or(deadline, |next| next.min(deadline)));
                true
            }
        };
        self.arriving
            .retain(|read| keep(read.deadline, read.ticket, &mut reads));
        self.arriving_soft
            .retain(|one| keep(one.deadline, one.ticket, &mut soft));
        for (_, batch) in self.sent.values_mut() {
            batch.retain(|one| keep(one.deadline, one.ticket, &mut soft));
        }
        self.sent.retain(|_, (_, batch)| !batch.is_empty());
        let questions = self.asked.values_mut().chain(self.confirmed.values_mut());
        for asked in questions {
            match asked {
                Asked::Reads(batch) => {
                    batch.retain(|read| keep(read.deadline, read.ticket, &mut reads));
                }
                Asked::Soft(SoftBatch::Own(batch)) => {
                    batch.retain(|one| keep(one.deadline, one.ticket, &mut soft));
                }
                Asked::Soft(SoftBatch::Peer(..)) => {}
            }
        }
        self.look_at = next;
        self.count -= reads.len() + soft.len();
        (reads, soft)
    }
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    pub(super) fn on_read(&mut self, now: Now, ticket: Ticket) {
        if let Some(refusal) = self.refusal_of_read() {
            return self.answer_read(ticket, Err(refusal));
        }
        let deadline = now + self.settings.bounds.request_timeout;
        self.reads.look(deadline);
        self.reads.count += 1;
        self.reads.arriving.push(Read { ticket, deadline });
    }

    pub(super) fn on_soft(&mut self, now: Now, ticket: Ticket, request: S::Soft) {
        if let Some(refusal) = self.refusal_of_read() {
            return self.answer_soft(ticket, Err(refusal));
        }
        let deadline = now + self.settings.bounds.request_timeout;
        self.reads.look(deadline);
        self.reads.count += 1;
        self.reads.arriving_soft.push(Soft {
            ticket,
            deadline,
            request,
        });
    }

    fn refusal_of_read(&self) -> Option<Refusal> {
        if self.running.is_none() || self.draining {
            Some(self.unavailable())
        } else if self.reads.count >= self.settings.bounds.reads_max {
            Some(Refusal::Overloaded)
        } else {
            None
        }
    }

    fn answer_read(&mut self, ticket: Ticket, result: Result<(), Refusal>) {
        self.outputs.push(Output::ReadReady { ticket, result });
    }

    fn answer_soft(&mut self, ticket: Ticket, result: Result<S::SoftResponse, Refusal>) {
        self.outputs.push(Output::Soft { ticket, result });
    }

    /// Asks the core about the reads that have gathered. If it cannot say, they wait for the next turn.
    pub(super) fn ask_reads(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        if self.reads.arriving.is_empty() {
            return;
        }
        let number = self.reads.number();
        if running.core.read(now, number).is_ok() {
            let batch = std::mem::take(&mut self.reads.arriving);
            self.reads.asked.insert(number, Asked::Reads(batch));
        }
    }

    /// Asks the core to confirm leadership for soft requests, or sends them to the leader.
    pub(super) fn ask_soft(&mut self, now: Now) {
        let Some(running) = &self.running else { return };
        if running.core.is_leader() {
            let own = std::mem::take(&mut self.reads.arriving_soft);
            if !own.is_empty() {
                self.confirm_soft(now, SoftBatch::Own(own));
            }
            for (node, batch, requests) in std::mem::take(&mut self.reads.peers) {
                self.confirm_soft(now, SoftBatch::Peer(node, batch, requests));
            }
            return;
        }
        let leader = running.core.leader();
        for (node, batch, _) in std::mem::take(&mut self.reads.peers) {
            let answers = None;
            self.send_peer(node, Peer::SoftReply { batch, answers });
        }
        if let Some(leader) = leader
            && !self.reads.arriving_soft.is_empty()
        {
            let batch = self.reads.number();
            let waiting = std::mem::take(&mut self.reads.arriving_soft);
            let requests = waiting.iter().map(|one| S::encode_soft(&one.request));
            let requests = requests.collect();
            let again = now + self.settings.bounds.forward_retry;
            self.reads.sent.insert(batch, (again, waiting));
            self.send_peer(leader, Peer::Soft { batch, requests });
        }
    }

    fn confirm_soft(&mut self, now: Now, batch: SoftBatch<S::Soft>) {
        let Some(running) = &mut self.running else {
            return;
        };
        let number = self.reads.number();
        if mutated("replica-soft-unconfirmed") {
            let slot = running.core.decided();
            self.reads
                .confirmed
                .insert((slot, number), Asked::Soft(batch));
        } else if running.core.confirm(now, number).is_ok() {
            self.reads.asked.insert(number, Asked::Soft(batch));
        } else {
            self.refuse_batch(batch);
        }
    }

    /// Leadership was not confirmed: own requests are asked again, peers are told.
    fn refuse_batch(&mut self, batch: SoftBatch<S::Soft>) {
        match batch {
            SoftBatch::Own(own) => self.reads.arriving_soft.extend(own),
            SoftBatch::Peer(node, batch, _) => {
                let answers = None;
                self.send_peer(node, Peer::SoftReply { batch, answers });
            }
        }
    }

    /// The core has answered a question.
    pub(super) fn on_read_done(&mut self, done: ReadDone) {
        let Some(asked) = self.reads.asked.remove(&done.ticket) else {
            return;
        };
        match (done.slot, asked) {
            (Some(slot), asked) => {
                let slot = if mutated("replica-answer-before-apply") {
                    Slot(0)
                } else {
                    slot
                };
                self.reads.confirmed.insert((slot, done.ticket), asked);
            }
            (None, Asked::Reads(batch)) => self.reads.arriving.extend(batch),
            (None, Asked::Soft(batch)) => self.refuse_batch(batch),
        }
    }

    /// Answers what was confirmed for slots that are applied.
    pub(super) fn answer_reads(&mut self, now: Now) {
        let applied = self.replicated.shared.applied;
        let leads = self
            .running
            .as_ref()
            .is_some_and(|running| running.led.is_some());
        let mut waiting = Vec::new();
        while let Some(first) = self.reads.confirmed.first_entry()
            && first.key().0 <= applied
        {
            let (key, asked) = first.remove_entry();
            match asked {
                Asked::Reads(batch) => {
                    self.reads.count -= batch.len();
                    for read in batch {
                        self.answer_read(read.ticket, Ok(()));
                    }
                }
                Asked::Soft(batch) if leads => self.answer_batch(now, batch),
                Asked::Soft(batch) => waiting.push((key, batch)),
            }
        }
        let leader = self
            .running
            .as_ref()
            .is_some_and(|running| running.core.is_leader());
        for (key, batch) in waiting {
            if leader {
                // Confirmed, but the machine has not begun to lead yet.
                self.reads.confirmed.insert(key, Asked::Soft(batch));
            } else {
                self.refuse_batch(batch);
            }
        }
    }

    fn answer_batch(&mut self, now: Now, batch: SoftBatch<S::Soft>) {
        match batch {
            SoftBatch::Own(own) => {
                self.reads.count -= own.len();
                for one in own {
                    let response = self.replicated.machine.soft(now, &one.request);
                    self.answer_soft(one.ticket, Ok(response));
                }
            }
            SoftBatch::Peer(node, batch, requests) => {
                let machine = &mut self.replicated.machine;
                let answers = requests
                    .iter()
                    .map(|request| S::encode_soft_response(&machine.soft(now, request)))
                    .collect();
                let answers = Some(answers);
                self.send_peer(node, Peer::SoftReply { batch, answers });
            }
        }
    }

    /// A member asks the soft state of this one, who it believes to lead.
    pub(super) fn on_peer_soft(&mut self, from: Node, batch: u64, requests: &[Bytes]) {
        let decoded: Result<Vec<S::Soft>, _> = requests.iter().map(S::decode_soft).collect();
        let Ok(requests) = decoded else {
            self.counters.frames_malformed += 1;
            return;
        };
        if self.reads.peers.len() >= self.settings.bounds.reads_max || self.draining {
            let answers = None;
            return self.send_peer(from, Peer::SoftReply { batch, answers });
        }
        self.reads.peers.push((from, batch, requests));
    }

    /// The leader answered soft requests of this member.
    pub(super) fn on_soft_reply(&mut self, now: Now, batch: u64, answers: Option<Vec<Bytes>>) {
        let Some((_, waiting)) = self.reads.sent.remove(&batch) else {
            return;
        };
        let Some(answers) = answers.filter(|answers| answers.len() == waiting.len()) else {
            // Asked of one who does not lead: asked again soon.
            let again = now + self.settings.timing.heartbeat;
            self.reads.sent.insert(batch, (again, waiting));
            return;
        };
        for (one, answer) in waiting.into_iter().zip(answers) {
            if let Ok(response) = S::decode_soft_response(&answer) {
                self.reads.count -= 1;
                self.answer_soft(one.ticket, Ok(response));
            } else {
                self.counters.frames_malformed += 1;
                self.reads.arriving_soft.push(one);
            }
        }
    }

    /// Repeats and refuses what has waited too long.
    pub(super) fn tick_reads(&mut self, now: Now) {
        let due: Vec<u64> = self
            .reads
            .sent
            .iter()
            .filter(|(_, (again, _))| *again <= now)
            .map(|(batch, _)| *batch)
            .collect();
        for batch in due {
            if let Some((_, waiting)) = self.reads.sent.remove(&batch) {
                self.reads.arriving_soft.extend(waiting);
            }
        }
        if self.reads.look_at.is_none_or(|at| at > now) {
            return;
        }
        let leaderless = self
            .running
            .as_ref()
            .is_none_or(|running| running.core.leader().is_none());
        let refusal = if leaderless {
            Refusal::NoLeader
        } else {
            Refusal::TimedOut
        };
        let (reads, soft) = self.reads.expired(now);
        for ticket in reads {
            self.answer_read(ticket, Err(refusal));
        }
        for ticket in soft {
            self.answer_soft(ticket, Err(refusal));
        }
    }

    /// Refuses every read and soft request.
    pub(super) fn refuse_reads(&mut self, refusal: Refusal) {
        self.reads.peers.clear();
        let (reads, soft) = self.reads.expired(Now(u64::MAX));
        self.reads.asked.clear();
        self.reads.confirmed.clear();
        for ticket in reads {
            self.answer_read(ticket, Err(refusal));
        }
        for ticket in soft {
            self.answer_soft(ticket, Err(refusal));
        }
    }
}
