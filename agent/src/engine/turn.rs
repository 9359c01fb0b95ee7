//! The loop: wait, take everything in, flush, answer, publish; over and over.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use synod_agent_api::Status;
use synod_paxos::{Configuration, Node};
use synod_replica::{Disk, Driver, Event, Net, Output, Request as Ask, StateMachine};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::inbox::{Inbox, Lanes, Wake};
use super::pending::{Pending, Waiter};
use super::report::{Facts, status_of};
use super::{AfterTurn, Engine, Live, Report, Request};
use crate::clock;

/// How often the driver is told the wall clock, in nanoseconds: people set clocks.
const WALL_CLOCK_INTERVAL: u64 = 10_000_000_000;

/// The task that owns a driver.
pub struct Loop<S: StateMachine, D: Disk, N: Net> {
    driver: Driver<S, D, N>,
    inbox: Inbox<S>,
    pending: Pending<S>,
    /// Answers taken out of the driver, on their way.
    outputs: Vec<Output<S>>,
    after_turn: Option<AfterTurn<S>>,
    draining: Option<oneshot::Sender<()>>,
    published: Published,
    wall_clock_told: u64,
}

/// What the loop tells without being asked.
struct Published {
    facts: Facts,
    status: watch::Sender<Arc<Status>>,
    configuration: Arc<ArcSwap<Configuration>>,
    live: Arc<Live>,
    /// The driver's generation that `status` shows.
    shown: u64,
    /// True if `status` must be made anew whatever the driver says.
    stale: bool,
    unready: bool,
    leader: Option<Node>,
    leader_changes: u64,
}

/// Makes a driver's loop, to be spawned with [`Loop::run`], and the handle to it.
///
/// `requests_max` bounds the requests that wait for the loop, and those that wait for the driver's answer.
pub fn start<S, D, N>(
    driver: Driver<S, D, N>,
    lanes: Lanes,
    facts: Facts,
    requests_max: usize,
) -> (Loop<S, D, N>, Engine<S>)
where
    S: StateMachine + 'static,
    D: Disk,
    N: Net,
{
    let (requests, incoming) = mpsc::channel(requests_max);
    let first = Arc::new(status_of(&driver.status(), &facts, false, clock::now()));
    let (status, shown) = watch::channel(first);
    let settings = driver.settings();
    let delay = Duration::from_nanos(settings.timing.decide_delay.0);
    let live = Arc::new(Live::new(settings.node, delay));
    let configuration = Arc::new(ArcSwap::from_pointee(Configuration::default()));
    let published = Published {
        facts,
        status,
        configuration: Arc::clone(&configuration),
        live: Arc::clone(&live),
        shown: 0,
        stale: true,
        unready: false,
        leader: None,
        leader_changes: 0,
    };
    let it = Loop {
        driver,
        inbox: Inbox::new(lanes, incoming),
        pending: Pending::new(requests_max),
        outputs: Vec::new(),
        after_turn: None,
        draining: None,
        published,
        wall_clock_told: 0,
    };
    let engine = Engine::new(requests, shown, live, configuration);
    (it, engine)
}

impl<S, D, N> Loop<S, D, N>
where
    S: StateMachine,
    D: Disk,
    N: Net,
{
    /// Turns until stopped. What is not answered by then is answered with `Stopped`.
    pub async fn run(mut self, stop: CancellationToken) {
        // One future for the whole run, so that a turn does not enlist anew.
        let mut stopped = std::pin::pin!(stop.cancelled_owned());
        loop {
            let deadline = self.driver.next_deadline();
            match self.inbox.wait(deadline, stopped.as_mut()).await {
                Wake::Turn => self.turn(),
                Wake::Stop => return,
            }
            if self.driver.disk_mut().holds() {
                self.release_disk().await;
            }
        }
    }

    /// Lets connections write what came of the turn, and read; then the disk's turn comes, here if nothing else is to be done.
    async fn release_disk(&mut self) {
        tokio::task::yield_now().await;
        let idle = self.inbox.is_empty();
        self.driver.disk_mut().release(idle);
    }

    fn turn(&mut self) {
        let now = clock::now();
        if now.0.saturating_sub(self.wall_clock_told) >= WALL_CLOCK_INTERVAL {
            self.driver.set_wall_clock(now, clock::wall_ms());
            self.wall_clock_told = now.0;
        }
        self.driver.set_attended(self.published.live.attended());
        for completion in self.inbox.completions.drain(..) {
            self.driver.handle(now, Event::Disk(completion));
        }
        for event in self.inbox.events.drain(..) {
            self.driver.handle(now, Event::Net(event));
        }
        let mut requests = std::mem::take(&mut self.inbox.requests);
        for request in requests.drain(..) {
            self.take_in(request);
        }
        self.inbox.requests = requests;
        self.driver.flush(now);
        self.answer();
        if let Some(hook) = &mut self.after_turn {
            hook(self.driver.machine_mut());
        }
        self.published.publish(&self.driver);
        if self.driver.drained()
            && let Some(reply) = self.draining.take()
        {
            let _ = reply.send(());
        }
    }

    fn answer(&mut self) {
        self.outputs.extend(self.driver.outputs());
        for output in self.outputs.drain(..) {
            self.pending.answer(output, self.driver.machine_mut());
        }
    }

    fn take_in(&mut self, request: Request<S>) {
        match request {
            Request::Propose { command, reply } => {
                self.ask(Waiter::Propose(reply), |ticket| Ask::Propose {
                    ticket,
                    command,
                });
            }
            Request::ProposeThen { command, then } => {
                self.ask(Waiter::ProposeThen(then), |ticket| Ask::Propose {
                    ticket,
                    command,
                });
            }
            Request::Read { then } => self.ask(Waiter::Read(then), |ticket| Ask::Read { ticket }),
            Request::Soft { request, reply } => {
                self.ask(Waiter::Soft(reply), |ticket| Ask::Soft { ticket, request });
            }
            Request::Change { step, reply } => {
                self.ask(Waiter::Change(reply), |ticket| Ask::Change {
                    ticket,
                    expected: step.expected,
                    change: step.change,
                })
            }
            Request::Transfer { to, reply } => {
                self.ask(Waiter::Transfer(reply), |ticket| Ask::Transfer {
                    ticket,
                    to,
                });
            }
            Request::Snapshot { reply } => {
                self.ask(Waiter::Snapshot(reply), |ticket| Ask::Snapshot { ticket });
            }
            Request::Inspect { then } => then(self.driver.machine_mut()),
            Request::Report { reply } => {
                let _ = reply.send(self.published.report(&self.driver));
            }
            Request::AfterTurn { hook } => self.after_turn = Some(hook),
            Request::Refresh => self.published.stale = true,
            Request::Unready => {
                self.published.unready = true;
                self.published.stale = true;
            }
            Request::Drain { reply } => {
                self.driver.drain(clock::now());
                self.draining = Some(reply);
            }
        }
    }

    fn ask(&mut self, waiter: Waiter<S>, request: impl FnOnce(u64) -> Ask<S>) {
        if let Some(ticket) = self.pending.enter(waiter) {
            let event = Event::Request(request(ticket));
            self.driver.handle(clock::now(), event);
        }
    }
}

impl Published {
    fn publish<S: StateMachine, D: Disk, N: Net>(&mut self, driver: &Driver<S, D, N>) {
        let glance = driver.glance();
        self.live.set(
            glance.decided,
            glance.applied,
            glance.ballot.round,
            glance.leader,
        );
        if glance.leader != self.leader {
            self.leader_changes += u64::from(glance.leader.is_some());
            self.leader = glance.leader;
            self.stale = true;
        }
        if !self.stale && glance.generation == self.shown {
            return;
        }
        self.stale = false;
        self.shown = glance.generation;
        self.facts.generation += 1;
        let status = driver.status();
        if let Some(core) = &status.core
            && core.configuration != **self.configuration.load()
        {
            self.configuration
                .store(Arc::new(core.configuration.clone()));
        }
        let shown = status_of(&status, &self.facts, self.unready, clock::now());
        self.status.send_replace(Arc::new(shown));
    }

    fn report<S: StateMachine, D: Disk, N: Net>(&self, driver: &Driver<S, D, N>) -> Report {
        let status = driver.status();
        let shown = status_of(&status, &self.facts, self.unready, clock::now());
        Report {
            status: Arc::new(shown),
            driver: status,
            leader_changes: self.leader_changes,
        }
    }
}
