//! An engine without its loop: for a simulator that drives a driver by itself, in time of its own. What waits, and how it is
//! answered, is the engine's own (`pending`); what the loop does in a turn is done by who drives.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use synod_agent_api::Status;
use synod_paxos::{Configuration, Node};
use synod_replica::{Command, Glance, Output, StateMachine, Ticket};
use tokio::sync::{mpsc, watch};

use super::pending::{Pending, Waiter};
use super::{AfterTurn, Engine, InspectThen, Live, Request};

/// What is to be done in a turn.
pub enum Todo<S: StateMachine> {
    /// The driver is to be asked to replicate and apply this.
    Propose(Ticket, Command),
    /// The driver is to be asked for a linearizable read.
    Read(Ticket),
    /// The driver is to be asked for the leader's soft state.
    Soft(Ticket, S::Soft),
    /// The machine as it is is to be handed to this.
    Inspect(InspectThen<S>),
}

/// The other end of an [`Engine`].
pub struct Bench<S: StateMachine> {
    incoming: mpsc::Receiver<Request<S>>,
    pending: Pending<S>,
    after_turn: Option<AfterTurn<S>>,
    live: Arc<Live>,
    _status: watch::Sender<Arc<Status>>,
}

impl<S: StateMachine + 'static> Bench<S> {
    /// An engine, whose status stays as it is, and its other end.
    #[must_use]
    pub fn new(status: Status, requests_max: usize) -> (Self, Engine<S>) {
        let (requests, incoming) = mpsc::channel(requests_max);
        let live = Arc::new(Live::new(Node(status.number), Duration::ZERO));
        let (told, shown) = watch::channel(Arc::new(status));
        let configuration = Arc::new(ArcSwap::from_pointee(Configuration::default()));
        let engine = Engine::new(requests, shown, Arc::clone(&live), configuration);
        let bench = Self {
            incoming,
            pending: Pending::new(requests_max),
            after_turn: None,
            live,
            _status: told,
        };
        (bench, engine)
    }

    /// Whether something waits for the next turn.
    #[must_use]
    pub fn has_requests(&self) -> bool {
        !self.incoming.is_empty()
    }

    /// Takes what waits, in its order; the loop does it in this order, too. What comes of it waits for the next turn.
    pub fn take(&mut self) -> Vec<Todo<S>> {
        let waiting = self.incoming.len();
        let next = |_| {
            let request = self.incoming.try_recv().ok()?;
            self.todo(request)
        };
        (0..waiting).filter_map(next).collect()
    }

    fn todo(&mut self, request: Request<S>) -> Option<Todo<S>> {
        let pending = &mut self.pending;
        match request {
            Request::Propose { command, reply } => {
                let ticket = pending.enter(Waiter::Propose(reply))?;
                Some(Todo::Propose(ticket, command))
            }
            Request::ProposeThen { command, then } => {
                let ticket = pending.enter(Waiter::ProposeThen(then))?;
                Some(Todo::Propose(ticket, command))
            }
            Request::Read { then } => pending.enter(Waiter::Read(then)).map(Todo::Read),
            Request::Soft { request, reply } => {
                let ticket = pending.enter(Waiter::Soft(reply))?;
                Some(Todo::Soft(ticket, request))
            }
            Request::Inspect { then } => Some(Todo::Inspect(then)),
            Request::AfterTurn { hook } => {
                self.after_turn = Some(hook);
                None
            }
            Request::Change { .. }
            | Request::Transfer { .. }
            | Request::Snapshot { .. }
            | Request::Report { .. }
            | Request::Refresh
            | Request::Unready
            | Request::Drain { .. } => None,
        }
    }

    /// The driver answers `ticket`: whoever waits for it is told.
    pub fn answer(&mut self, output: Output<S>, machine: &mut S) {
        self.pending.answer(output, machine);
    }

    /// The turn is over: what is to run after it runs, and others are told where the driver is.
    pub fn end_turn(&mut self, glance: &Glance, machine: &mut S) {
        if let Some(hook) = &mut self.after_turn {
            hook(machine);
        }
        self.live.set(
            glance.decided,
            glance.applied,
            glance.ballot.round,
            glance.leader,
        );
    }
}
