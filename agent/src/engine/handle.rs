//! The cheap, cloneable way into the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use synod_agent_api::Status;
use synod_paxos::{Change, ConfigId, Configuration, Node, Slot};
use synod_replica::{ChangeRefusal, Command, DriverStatus, Refusal, StateMachine};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::sleep;

use super::attendance::Attendance;

/// A configuration change as a caller wants it.
#[derive(Clone, Debug)]
pub struct MembershipStep {
    /// The id the caller acted on; `None` takes whatever holds.
    pub expected: Option<ConfigId>,
    /// The step.
    pub change: Change,
}

/// What the engine can be asked. A closed set; each is answered once.
pub enum Request<S: StateMachine> {
    /// Replicate and apply.
    Propose {
        /// The command.
        command: Command,
        /// Gets slot and answer.
        reply: oneshot::Sender<Result<(Slot, S::Response), Refusal>>,
    },
    /// Replicate and apply, and call `then` with the machine and the answer.
    ProposeThen {
        /// The command.
        command: Command,
        /// Runs inside the loop: must be quick and must not block.
        then: ProposeThen<S>,
    },
    /// Call `then` with the machine once everything decided at arrival is applied here.
    Read {
        /// Runs inside the loop: must be quick and must not block.
        then: ReadThen<S>,
    },
    /// Call `then` with the machine as it is.
    Inspect {
        /// Runs inside the loop: must be quick and must not block.
        then: InspectThen<S>,
    },
    /// Ask the leader's soft state.
    Soft {
        /// The request.
        request: S::Soft,
        /// Gets the answer.
        reply: oneshot::Sender<Result<S::SoftResponse, Refusal>>,
    },
    /// Change the configuration.
    Change {
        /// The step.
        step: MembershipStep,
        /// Gets the new configuration's id.
        reply: oneshot::Sender<Result<ConfigId, ChangeRefusal>>,
    },
    /// Hand leadership over.
    Transfer {
        /// To whom; `None`: the most advanced voter.
        to: Option<Node>,
        /// Told when it has begun.
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Write a snapshot now.
    Snapshot {
        /// Gets its slot.
        reply: oneshot::Sender<Result<Slot, Refusal>>,
    },
    /// Tell everything about the driver, as it is now.
    Report {
        /// Gets it.
        reply: oneshot::Sender<Report>,
    },
    /// Call this with the machine after each turn (to deliver what watchers wait for); replaces what was there.
    AfterTurn {
        /// Runs inside the loop: must be quick and must not block.
        hook: AfterTurn<S>,
    },
    /// Something the status shows changed outside the loop (certificates).
    Refresh,
    /// Be unready from now on.
    Unready,
    /// Stop for good: refuse what is new, hand leadership over.
    Drain {
        /// Told when leadership and owed answers are gone.
        reply: oneshot::Sender<()>,
    },
}

/// Everything about a driver at one moment.
#[derive(Clone, Debug)]
pub struct Report {
    /// As the admin API tells it.
    pub status: Arc<Status>,
    /// As the driver tells it.
    pub driver: DriverStatus,
    /// Leader changes seen since the start.
    pub leader_changes: u64,
}

/// What runs after each turn.
pub type AfterTurn<S> = Box<dyn FnMut(&mut S) + Send>;

/// What runs when a command was applied here, with the machine and its answer. Those of one turn run in the order of their slots,
/// after all of that turn were applied.
pub type ProposeThen<S> =
    Box<dyn FnOnce(Result<(&mut S, <S as StateMachine>::Response), Refusal>) + Send>;

/// What runs when a linearizable read may be served.
pub type ReadThen<S> = Box<dyn FnOnce(Result<&mut S, Refusal>) + Send>;

/// What runs on the machine as it is.
pub type InspectThen<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Numbers that move with every decision; read without asking the loop. Each is exact on its own, not together.
#[derive(Debug, Default)]
pub struct Live {
    me: u64,
    decided: AtomicU64,
    applied: AtomicU64,
    round: AtomicU64,
    leader: AtomicU64,
    attendance: Attendance,
}

/// A call that is under way, for as long as this lives.
#[derive(Debug)]
pub struct Guest(Arc<Live>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.attendance.leave();
    }
}

impl Live {
    /// For member `me`, which hears of decisions `delay` late, at most, while nobody calls it.
    pub(crate) fn new(me: Node, delay: Duration) -> Self {
        Self {
            me: me.0,
            attendance: Attendance::new(delay),
            ..Self::default()
        }
    }

    /// The last slot known as decided.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.decided.load(Ordering::Relaxed)
    }

    /// The last slot applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Relaxed)
    }

    /// The round of the ballot this member is in: etcd's term.
    #[must_use]
    pub fn round(&self) -> u64 {
        self.round.load(Ordering::Relaxed)
    }

    /// The leader's number, if one is known.
    #[must_use]
    pub fn leader(&self) -> Option<u64> {
        Some(self.leader.load(Ordering::Relaxed)).filter(|node| *node != 0)
    }

    /// Whether clients call this member.
    #[must_use]
    pub fn attended(&self) -> bool {
        self.attendance.attended()
    }

    /// How long it takes until this member has heard of everything that was decided before the first call came; no time
    /// for the leader, which decides.
    fn catches_up_in(&self) -> Duration {
        if self.leader() == Some(self.me) {
            return Duration::ZERO;
        }
        self.attendance.catches_up_in()
    }

    /// Sets what the loop knows; only the loop does.
    pub(crate) fn set(&self, decided: Slot, applied: Slot, round: u64, leader: Option<Node>) {
        self.decided.store(decided.0, Ordering::Relaxed);
        self.applied.store(applied.0, Ordering::Relaxed);
        self.round.store(round, Ordering::Relaxed);
        self.leader
            .store(leader.map_or(0, |node| node.0), Ordering::Relaxed);
    }
}

/// The way into the engine. Clones are cheap and equal.
///
/// Bound: requests that wait for the loop (`limits.requests_max`); at the bound the answer is `Refusal::Overloaded`.
/// After the loop ended every answer is `Refusal::Stopped`.
pub struct Engine<S: StateMachine> {
    requests: mpsc::Sender<Request<S>>,
    status: watch::Receiver<Arc<Status>>,
    live: Arc<Live>,
    configuration: Arc<ArcSwap<Configuration>>,
}

impl<S: StateMachine> Clone for Engine<S> {
    fn clone(&self) -> Self {
        Self {
            requests: self.requests.clone(),
            status: self.status.clone(),
            live: Arc::clone(&self.live),
            configuration: Arc::clone(&self.configuration),
        }
    }
}

impl<S: StateMachine + 'static> Engine<S> {
    /// A handle over the loop's ends.
    pub(crate) const fn new(
        requests: mpsc::Sender<Request<S>>,
        status: watch::Receiver<Arc<Status>>,
        live: Arc<Live>,
        configuration: Arc<ArcSwap<Configuration>>,
    ) -> Self {
        Self {
            requests,
            status,
            live,
            configuration,
        }
    }

    /// Counts a call that has come. While there is one, and for a second after it, decisions are heard of at once.
    #[must_use]
    pub fn welcome(&self) -> Guest {
        self.live.attendance.enter();
        Guest(Arc::clone(&self.live))
    }

    /// Replicates a command and tells where it was applied here and what the machine answered.
    ///
    /// # Errors
    /// With `NoLeader` and `TimedOut` the command may still be applied later.
    pub async fn propose(&self, command: Command) -> Result<(Slot, S::Response), Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Propose { command, reply })?;
        answer.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// As [`Self::propose`], with what is done about the answer inside the loop: for front ends whose replies and events have one
    /// order.
    ///
    /// # Errors
    /// If the engine is overloaded or stopped; `then` is not called in that case.
    pub fn propose_then(&self, command: Command, then: ProposeThen<S>) -> Result<(), Refusal> {
        self.send(Request::ProposeThen { command, then })
    }

    /// As [`Self::read`], without waiting for it.
    ///
    /// # Errors
    /// If the engine is overloaded or stopped; `then` is not called in that case.
    pub fn read_then(&self, then: ReadThen<S>) -> Result<(), Refusal> {
        self.send(Request::Read { then })
    }

    /// A linearizable read: runs `read` on the machine once everything decided by now is applied here. `read` runs
    /// inside the loop, so it must be quick: for a large range it pins a view and the caller reads that.
    ///
    /// # Errors
    /// If no leader confirmed the read.
    pub async fn read<T, F>(&self, read: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut S) -> T + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let then: ReadThen<S> = Box::new(move |machine| {
            let _ = reply.send(machine.map(read));
        });
        self.send(Request::Read { then })?;
        answer.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// A serializable read, or an operation on what is local to this member (watches): runs `inspect` on the machine as it
    /// is, once a member that nobody had called for a while has caught up. It must not change replicated state.
    ///
    /// # Errors
    /// If the engine is overloaded or stopped.
    pub async fn inspect<T, F>(&self, inspect: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut S) -> T + Send + 'static,
    {
        let rest = self.live.catches_up_in();
        if !rest.is_zero() {
            sleep(rest).await;
        }
        let (reply, answer) = oneshot::channel();
        let then: InspectThen<S> = Box::new(move |machine| {
            let _ = reply.send(inspect(machine));
        });
        self.send(Request::Inspect { then })?;
        answer.await.map_err(|_| Refusal::Stopped)
    }

    /// As [`Self::inspect`], without an answer: for what must also happen when nobody waits (a stream that ended).
    ///
    /// # Errors
    /// If the engine is overloaded or stopped.
    pub fn tell<F>(&self, inspect: F) -> Result<(), Refusal>
    where
        F: FnOnce(&mut S) + Send + 'static,
    {
        self.send(Request::Inspect {
            then: Box::new(inspect),
        })
    }

    /// Asks the leader's soft state (a lease's keep-alive).
    ///
    /// # Errors
    /// If no leader confirmed itself.
    pub async fn soft(&self, request: S::Soft) -> Result<S::SoftResponse, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Soft { request, reply })?;
        answer.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Changes the configuration by one step; answered when it is in force here.
    ///
    /// # Errors
    /// If it was refused; with `Refused(NoLeader | TimedOut)` it may still happen.
    pub async fn change(&self, step: MembershipStep) -> Result<ConfigId, ChangeRefusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Change { step, reply })
            .map_err(ChangeRefusal::Refused)?;
        answer
            .await
            .unwrap_or(Err(ChangeRefusal::Refused(Refusal::Stopped)))
    }

    /// Begins to hand leadership over; watch the status for its end.
    ///
    /// # Errors
    /// If this member does not lead, or nobody can take over.
    pub async fn transfer(&self, to: Option<Node>) -> Result<(), Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Transfer { to, reply })?;
        answer.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Writes a snapshot now.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub async fn snapshot(&self) -> Result<Slot, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Snapshot { reply })?;
        answer.await.unwrap_or(Err(Refusal::Stopped))
    }

    /// Makes the member unready for good: it goes on serving, but says so to whoever balances clients.
    pub async fn unready(&self) {
        let _ = self.requests.send(Request::Unready).await;
    }

    /// Has `hook` run with the machine after each turn of the loop, which is after every apply: how what watchers wait for
    /// is delivered. Replaces what was there.
    ///
    /// # Errors
    /// If the engine is stopped.
    pub async fn after_each_turn(&self, hook: AfterTurn<S>) -> Result<(), Refusal> {
        let request = Request::AfterTurn { hook };
        self.requests
            .send(request)
            .await
            .map_err(|_| Refusal::Stopped)
    }

    /// Begins to stop for good and waits until leadership and owed answers are gone; the caller bounds the time.
    pub async fn drain(&self) {
        let (reply, done) = oneshot::channel();
        if self.requests.send(Request::Drain { reply }).await.is_ok() {
            let _ = done.await;
        }
    }

    /// Everything about the driver as it is now. Its answer proves that the loop turns.
    ///
    /// # Errors
    /// If the engine is overloaded or stopped.
    pub async fn report(&self) -> Result<Report, Refusal> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Report { reply })?;
        answer.await.map_err(|_| Refusal::Stopped)
    }

    /// Tells that something the status shows changed outside the loop.
    pub fn refresh(&self) {
        let _ = self.requests.try_send(Request::Refresh);
    }

    /// The configuration in force here, as last published; empty while none is known.
    #[must_use]
    pub fn configuration(&self) -> Arc<Configuration> {
        self.configuration.load_full()
    }

    /// The member as it is now.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status.borrow())
    }

    /// A receiver that is told whenever the status' generation changes.
    #[must_use]
    pub fn watch_status(&self) -> watch::Receiver<Arc<Status>> {
        self.status.clone()
    }

    /// Numbers that move with every decision.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.live
    }

    fn send(&self, request: Request<S>) -> Result<(), Refusal> {
        self.requests
            .try_send(request)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Refusal::Overloaded,
                mpsc::error::TrySendError::Closed(_) => Refusal::Stopped,
            })
    }
}
