//! Who waits for which answer of the driver.

use hashbrown::HashMap;
use synod_paxos::{ConfigId, Slot};
use synod_replica::{ChangeRefusal, Output, Refusal, StateMachine, Ticket};
use tokio::sync::oneshot;

use super::{ProposeThen, ReadThen};

/// The way back of one request.
pub(super) enum Waiter<S: StateMachine> {
    Propose(oneshot::Sender<Result<(Slot, S::Response), Refusal>>),
    ProposeThen(ProposeThen<S>),
    Read(ReadThen<S>),
    Soft(oneshot::Sender<Result<S::SoftResponse, Refusal>>),
    Change(oneshot::Sender<Result<ConfigId, ChangeRefusal>>),
    Transfer(oneshot::Sender<Result<(), Refusal>>),
    Snapshot(oneshot::Sender<Result<Slot, Refusal>>),
}

impl<S: StateMachine> Waiter<S> {
    /// Answers without the driver.
    pub(super) fn refuse(self, refusal: Refusal) {
        match self {
            Self::Propose(reply) => tell(reply, Err(refusal)),
            Self::ProposeThen(then) => then(Err(refusal)),
            Self::Read(then) => then(Err(refusal)),
            Self::Soft(reply) => tell(reply, Err(refusal)),
            Self::Change(reply) => tell(reply, Err(ChangeRefusal::Refused(refusal))),
            Self::Transfer(reply) => tell(reply, Err(refusal)),
            Self::Snapshot(reply) => tell(reply, Err(refusal)),
        }
    }
}

/// Whoever hung up misses nothing.
fn tell<T>(reply: oneshot::Sender<T>, answer: T) {
    let _ = reply.send(answer);
}

/// All who wait, by ticket.
pub(super) struct Pending<S: StateMachine> {
    last: Ticket,
    max: usize,
    waiters: HashMap<Ticket, Waiter<S>>,
}

impl<S: StateMachine> Pending<S> {
    /// At most `max` wait; more are refused as `Overloaded`.
    pub(super) fn new(max: usize) -> Self {
        Self {
            last: 0,
            max,
            waiters: HashMap::new(),
        }
    }

    /// A ticket for a waiter; `None` at the bound, after it was told.
    pub(super) fn enter(&mut self, waiter: Waiter<S>) -> Option<Ticket> {
        if self.waiters.len() >= self.max {
            waiter.refuse(Refusal::Overloaded);
            return None;
        }
        self.last += 1;
        self.waiters.insert(self.last, waiter);
        Some(self.last)
    }

    /// Hands an answer to who waits for it. A read runs on `machine`, which stands where the driver meant it to.
    ///
    /// # Panics
    /// If the driver answers a request with another's kind of answer, or twice.
    pub(super) fn answer(&mut self, output: Output<S>, machine: &mut S) {
        let ticket = ticket(&output);
        let Some(waiter) = self.waiters.remove(&ticket) else {
            panic!("the driver answered ticket {ticket}, which nobody holds");
        };
        match (waiter, output) {
            (Waiter::Propose(reply), Output::Applied { slot, result, .. }) => {
                tell(reply, result.map(|response| (slot, response)));
            }
            (Waiter::ProposeThen(then), Output::Applied { result, .. }) => {
                then(result.map(|response| (machine, response)));
            }
            (Waiter::Read(then), Output::ReadReady { result, .. }) => {
                then(result.map(|()| machine));
            }
            (Waiter::Soft(reply), Output::Soft { result, .. }) => tell(reply, result),
            (Waiter::Change(reply), Output::Changed { result, .. }) => tell(reply, result),
            (Waiter::Transfer(reply), Output::Transferred { result, .. }) => {
                tell(reply, result);
            }
            (Waiter::Snapshot(reply), Output::Snapshotted { result, .. }) => {
                tell(reply, result);
            }
            _ => panic!("the driver answered ticket {ticket} with another request's answer"),
        }
    }
}

const fn ticket<S: StateMachine>(output: &Output<S>) -> Ticket {
    match output {
        Output::Applied { ticket, .. }
        | Output::ReadReady { ticket, .. }
        | Output::Soft { ticket, .. }
        | Output::Changed { ticket, .. }
        | Output::Transferred { ticket, .. }
        | Output::Snapshotted { ticket, .. } => *ticket,
    }
}
