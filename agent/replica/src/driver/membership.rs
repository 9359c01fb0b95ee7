//! Configuration changes and leadership transfers asked for by front ends.
//!
//! A change asked for at a follower is sent to the leader once; it is answered when the configuration it became is applied
//! here. Changes compare and set, so nothing is repeated behind the caller's back.

use synod_paxos::{Change, ChangeError, ConfigId, Node, Now, Slot, TransferError};

use super::Driver;
use crate::wire::Peer;
use crate::{ChangeRefusal, Disk, Net, Output, Refusal, StateMachine, Ticket};

enum Way {
    /// No leader is known yet.
    Queued,
    /// Sent to a leader.
    Sent,
    /// To be in force from this slot on, under this id.
    Proposed(Slot, ConfigId),
}

struct Pending {
    ticket: Ticket,
    /// The number by which the leader answers.
    request: u64,
    expected: Option<ConfigId>,
    change: Change,
    deadline: Now,
    way: Way,
}

/// All changes that wait.
pub(super) struct Changes {
    pending: Vec<Pending>,
    requests: u64,
}

impl Changes {
    /// Requests are numbered from a place of this process's own, as batches of reads are.
    pub(super) fn starting_at(random: u64) -> Self {
        Self {
            pending: Vec::new(),
            requests: random >> 16,
        }
    }

    pub(super) fn outstanding(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn next_deadline(&self) -> Option<Now> {
        self.pending.iter().map(|pending| pending.deadline).min()
    }

    /// A slot was applied, perhaps with a configuration: answers who waited for it.
    pub(super) fn applied<S: StateMachine>(
        &mut self,
        slot: Slot,
        configuration: Option<ConfigId>,
        outputs: &mut Vec<Output<S>>,
    ) {
        self.pending.retain(|pending| match pending.way {
            Way::Proposed(at, id) if at <= slot => {
                let result = if at == slot && configuration == Some(id) {
                    Ok(id)
                } else {
                    Err(ChangeRefusal::Refused(Refusal::LeaderChanged))
                };
                let ticket = pending.ticket;
                outputs.push(Output::Changed { ticket, result });
                false
            }
            _ => true,
        });
    }

    /// Takes out those that have waited too long.
    fn expired(&mut self, now: Now) -> Vec<Ticket> {
        let mut expired = Vec::new();
        self.pending.retain(|pending| {
            let keep = pending.deadline > now;
            if !keep {
                expired.push(pending.ticket);
            }
            keep
        });
        expired
    }
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    pub(super) fn on_change(
        &mut self,
        now: Now,
        ticket: Ticket,
        expected: Option<ConfigId>,
        change: Change,
    ) {
        let refusal = if self.running.is_none() || self.draining {
            Some(self.unavailable())
        } else if self.changes.pending.len() >= self.settings.bounds.changes_max {
            Some(Refusal::Overloaded)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            return self.answer_change(ticket, Err(ChangeRefusal::Refused(refusal)));
        }
        self.changes.requests += 1;
        self.changes.pending.push(Pending {
            ticket,
            request: self.changes.requests,
            expected,
            change,
            deadline: now + self.settings.bounds.request_timeout,
            way: Way::Queued,
        });
        self.drive_changes(now);
    }

    fn answer_change(&mut self, ticket: Ticket, result: Result<ConfigId, ChangeRefusal>) {
        self.outputs.push(Output::Changed { ticket, result });
    }

    /// Proposes what waits, or sends it to the leader.
    pub(super) fn drive_changes(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        let leader = running.core.leader();
        let mut answers = Vec::new();
        let mut frames = Vec::new();
        for pending in &mut self.changes.pending {
            if !matches!(pending.way, Way::Queued) {
                continue;
            }
            let (expected, change) = (pending.expected, pending.change.clone());
            if running.core.is_leader() {
                match running.core.change(now, expected, change) {
                    Ok((slot, id)) => pending.way = Way::Proposed(slot, id),
                    Err(ChangeError::NotLeader) => {}
                    Err(error) => answers.push((pending.ticket, refusal(error))),
                }
            } else if let Some(leader) = leader {
                pending.way = Way::Sent;
                frames.push((
                    leader,
                    Peer::Change {
                        request: pending.request,
                        expected,
                        change,
                    },
                ));
            }
        }
        for (leader, frame) in frames {
            self.send_peer(leader, frame);
        }
        for (ticket, refusal) in answers {
            self.changes.pending.retain(|p| p.ticket != ticket);
            self.answer_change(ticket, Err(refusal));
        }
    }

    /// A member asks for a change on behalf of its front end.
    pub(super) fn on_peer_change(
        &mut self,
        now: Now,
        from: Node,
        request: u64,
        expected: Option<ConfigId>,
        change: Change,
    ) {
        let Some(running) = &mut self.running else {
            return;
        };
        let result = running.core.change(now, expected, change).map_err(refusal);
        self.send_peer(from, Peer::ChangeReply { request, result });
    }

    pub(super) fn on_change_reply(
        &mut self,
        request: u64,
        result: Result<(Slot, ConfigId), ChangeRefusal>,
    ) {
        let changes = &mut self.changes.pending;
        let Some(index) = changes.iter().position(|p| p.request == request) else {
            return;
        };
        let pending = &mut changes[index];
        match result {
            Ok((slot, id)) => {
                pending.way = Way::Proposed(slot, id);
                // It may be in force here already.
                let in_force = self.running.as_ref().is_some_and(|running| {
                    self.replicated.shared.applied >= slot
                        && running.core.decided_configuration().id >= id
                });
                if in_force {
                    let ticket = changes.swap_remove(index).ticket;
                    self.answer_change(ticket, Ok(id));
                }
            }
            Err(refusal) => {
                let ticket = changes.swap_remove(index).ticket;
                self.answer_change(ticket, Err(refusal));
            }
        }
    }

    pub(super) fn tick_changes(&mut self, now: Now) {
        let leaderless = self
            .running
            .as_ref()
            .is_none_or(|running| running.core.leader().is_none());
        let refusal = if leaderless {
            Refusal::NoLeader
        } else {
            Refusal::TimedOut
        };
        for ticket in self.changes.expired(now) {
            self.answer_change(ticket, Err(ChangeRefusal::Refused(refusal)));
        }
        self.drive_changes(now);
    }

    /// Refuses every change.
    pub(super) fn refuse_changes(&mut self, refusal: Refusal) {
        for ticket in self.changes.expired(Now(u64::MAX)) {
            self.answer_change(ticket, Err(ChangeRefusal::Refused(refusal)));
        }
    }

    pub(super) fn on_transfer(&mut self, now: Now, ticket: Ticket, to: Option<Node>) {
        let me = self.settings.node;
        let result = match &mut self.running {
            None => Err(self.unavailable()),
            Some(running) if running.core.is_leader() && to == Some(me) => Ok(()),
            Some(running) => match running.core.transfer(now, to) {
                Ok(_) => Ok(()),
                Err(TransferError::NotLeader) if running.core.leader().is_some() => {
                    Err(Refusal::LeaderChanged)
                }
                Err(TransferError::NotLeader) => Err(Refusal::NoLeader),
                Err(
                    TransferError::Busy | TransferError::NotCaughtUp | TransferError::NoSuchVoter,
                ) => Err(Refusal::Overloaded),
            },
        };
        self.outputs.push(Output::Transferred { ticket, result });
    }
}

fn refusal(error: ChangeError) -> ChangeRefusal {
    match error {
        ChangeError::NotLeader => ChangeRefusal::Refused(Refusal::LeaderChanged),
        ChangeError::Conflict { current } => ChangeRefusal::Conflict { current },
        ChangeError::Busy => ChangeRefusal::Busy,
        ChangeError::UnknownMember => ChangeRefusal::UnknownMember,
        ChangeError::NumberTaken => ChangeRefusal::NumberTaken,
        ChangeError::NotCaughtUp => ChangeRefusal::NotCaughtUp,
        ChangeError::NotAllowed(words) => ChangeRefusal::NotAllowed(words),
    }
}
