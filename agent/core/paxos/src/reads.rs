//! Linearizable reads by batched read index: the leader names a slot and proves to a quorum that it still leads; a
//! follower asks the leader for such a slot, one batch at a time.

use std::collections::VecDeque;

use crate::mutation::mutated;
use crate::replica::Role;
use crate::{Body, Node, Now, ReadDone, Replica, Slot};

/// Why a read was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// No leader is known: ask again later.
    NoLeader,
    /// `reads_max` reads wait already.
    Full,
}

/// Who gets the answer.
#[derive(Clone, Copy, Debug)]
enum Asker {
    Ticket(u64),
    Batch(Node, u64),
}

/// A read that waits on the leader.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    asker: Asker,
    /// Confirmed by a quorum's answer to this heartbeat round or a later one.
    round: u64,
}

/// Reads on the leader.
#[derive(Debug, Default)]
pub(crate) struct LeaderReads {
    waiting: VecDeque<Waiting>,
}

/// Reads on a follower.
#[derive(Debug)]
pub(crate) struct FollowerReads {
    queued: Vec<u64>,
    asked: Vec<u64>,
    batch: u64,
    pub(crate) repeat_at: Option<Now>,
}

impl FollowerReads {
    /// Batches are numbered from a place of this process's own: an answer to the process before it, late, must not be
    /// taken for one to this.
    pub(crate) fn starting_at(random: u64) -> Self {
        Self {
            queued: Vec::new(),
            asked: Vec::new(),
            batch: random >> 16,
            repeat_at: None,
        }
    }
}

impl LeaderReads {
    /// The highest round that a waiting read needs.
    pub(crate) fn wanted_round(&self) -> u64 {
        self.waiting.back().map_or(0, |waiting| waiting.round)
    }
}

impl Replica {
    /// Asks for a slot at which a read is linearizable. The answer comes in [`crate::Ready::reads`].
    ///
    /// # Errors
    /// When no leader is known or too many reads wait.
    pub fn read(&mut self, now: Now, ticket: u64) -> Result<(), ReadError> {
        match &self.role {
            Role::Leading(_) => self.confirm(now, ticket),
            Role::Following(following) if following.leader.is_some() => {
                if self.reads.queued.len() + self.reads.asked.len()
                    >= self.settings.bounds.reads_max
                {
                    return Err(ReadError::Full);
                }
                self.reads.queued.push(ticket);
                self.ask_leader(now);
                Ok(())
            }
            _ => Err(ReadError::NoLeader),
        }
    }

    /// As [`Replica::read`], on the leader only: proves that this node led after the call.
    ///
    /// # Errors
    /// When this node does not lead or too many reads wait.
    pub fn confirm(&mut self, now: Now, ticket: u64) -> Result<(), ReadError> {
        self.queue_read(now, Asker::Ticket(ticket))
    }

    fn queue_read(&mut self, now: Now, asker: Asker) -> Result<(), ReadError> {
        let bound = self.settings.bounds.reads_max;
        let (decided, unconfirmed) = (self.acceptor.decided, mutated("paxos-read-unconfirmed"));
        let Role::Leading(leading) = &mut self.role else {
            return Err(ReadError::NoLeader);
        };
        leading.clock = leading.clock.max(now);
        if leading.reads.waiting.len() >= bound {
            return Err(ReadError::Full);
        }
        let leased = leading.own_entry_decided(decided) && leading.lease_holds(now);
        if leased || unconfirmed {
            self.answer_read(asker, Some(decided));
        } else {
            let round = leading.round + 1;
            leading.reads.waiting.push_back(Waiting { asker, round });
        }
        Ok(())
    }

    fn answer_read(&mut self, asker: Asker, slot: Option<Slot>) {
        match asker {
            Asker::Ticket(ticket) => self.out.reads.push(ReadDone { ticket, slot }),
            Asker::Batch(node, batch) => {
                self.send_now(node, Body::ReadIndexReply { batch, slot });
                self.await_slot(node, slot.unwrap_or_default());
            }
        }
    }

    /// Answers the reads that a quorum has confirmed. The slot named is what is decided now: no earlier than when the
    /// read came, and known only once an entry of this ballot is decided.
    pub(crate) fn answer_confirmed(&mut self, confirmed: u64) {
        let decided = self.acceptor.decided;
        loop {
            let Role::Leading(leading) = &mut self.role else {
                return;
            };
            let ready =
                leading.own_entry_decided(decided) || mutated("paxos-read-before-own-entry");
            let Some(waiting) = leading.reads.waiting.front().copied() else {
                return;
            };
            if !ready || waiting.round > confirmed {
                return;
            }
            leading.reads.waiting.pop_front();
            self.answer_read(waiting.asker, Some(decided));
        }
    }

    /// Leadership is lost: whoever waits must ask again.
    pub(crate) fn refuse_leader_reads(&mut self) {
        let Role::Leading(leading) = &mut self.role else {
            return;
        };
        for waiting in std::mem::take(&mut leading.reads.waiting) {
            self.answer_read(waiting.asker, None);
        }
    }

    /// Asks the leader for the next batch, unless one is under way.
    fn ask_leader(&mut self, now: Now) {
        let Role::Following(following) = &self.role else {
            return;
        };
        let Some(leader) = following.leader else {
            return;
        };
        if !self.reads.asked.is_empty() || self.reads.queued.is_empty() {
            return;
        }
        self.reads.asked = std::mem::take(&mut self.reads.queued);
        self.reads.batch += 1;
        let batch = self.reads.batch;
        self.reads.repeat_at = Some(now + self.settings.timing.heartbeat);
        self.send_now(leader, Body::ReadIndex { batch });
    }

    pub(crate) fn on_read_index(&mut self, now: Now, from: Node, batch: u64) {
        if self.queue_read(now, Asker::Batch(from, batch)).is_err() {
            self.send_now(from, Body::ReadIndexReply { batch, slot: None });
        }
    }

    /// The leader that was asked is the leader no more: whoever waits must ask again.
    pub(crate) fn drop_follower_reads(&mut self) {
        let waiting = self
            .reads
            .asked
            .drain(..)
            .chain(self.reads.queued.drain(..));
        self.out
            .reads
            .extend(waiting.map(|ticket| ReadDone { ticket, slot: None }));
        self.reads.repeat_at = None;
    }

    pub(crate) fn on_read_index_reply(
        &mut self,
        now: Now,
        from: Node,
        batch: u64,
        slot: Option<Slot>,
    ) {
        let Role::Following(following) = &self.role else {
            return;
        };
        if batch != self.reads.batch || following.leader != Some(from) {
            return;
        }
        let asked = std::mem::take(&mut self.reads.asked);
        self.out
            .reads
            .extend(asked.into_iter().map(|ticket| ReadDone { ticket, slot }));
        self.reads.repeat_at = None;
        self.ask_leader(now);
    }

    pub(crate) fn tick_reads(&mut self, now: Now) {
        if self.reads.repeat_at.is_none_or(|at| now < at) {
            return;
        }
        let batch = self.reads.batch;
        self.reads.repeat_at = None;
        if let Role::Following(crate::replica::Following {
            leader: Some(leader),
            ..
        }) = self.role
        {
            self.reads.repeat_at = Some(now + self.settings.timing.heartbeat);
            self.send_now(leader, Body::ReadIndex { batch });
        }
    }
}
