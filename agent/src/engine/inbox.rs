//! What waits for the loop: completions, network events and requests, each in its lane.
//!
//! Lanes keep a crowd of requests from delaying a heartbeat. Bounds: completions are as many as the driver submitted
//! operations; network events [`EVENTS_MAX`], beyond which connections are not read from; requests as configured, beyond
//! which they are refused.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use synod_paxos::{Now, Span};
use synod_replica::{Completion, NetEvent, StateMachine};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

use super::Request;
use crate::clock;

/// Network events that wait for the loop.
const EVENTS_MAX: usize = 1024;

/// What is taken of each lane in one turn.
const BATCH_MAX: usize = 1024;

/// The longest the loop sleeps, whatever the driver says.
const SLEEP_MAX: Span = Span::from_millis(60_000);

/// The ends that disk and network feed.
#[derive(Clone, Debug)]
pub struct Feeds {
    /// For the disk's completions.
    pub completions: mpsc::UnboundedSender<Vec<Completion>>,
    /// For the network's events.
    pub events: mpsc::Sender<NetEvent>,
}

/// The other ends, for the loop.
#[derive(Debug)]
pub struct Lanes {
    completions: mpsc::UnboundedReceiver<Vec<Completion>>,
    events: mpsc::Receiver<NetEvent>,
}

/// The lanes of disk and network, made before them since they feed them.
#[must_use]
pub fn feeds() -> (Feeds, Lanes) {
    let (completions, completed) = mpsc::unbounded_channel();
    let (events, happened) = mpsc::channel(EVENTS_MAX);
    let feeds = Feeds {
        completions,
        events,
    };
    let lanes = Lanes {
        completions: completed,
        events: happened,
    };
    (feeds, lanes)
}

/// Why the loop woke.
pub(super) enum Wake {
    /// There is something to do.
    Turn,
    /// It is to end.
    Stop,
}

/// All lanes, and what was taken of them for this turn.
pub(super) struct Inbox<S: StateMachine> {
    lanes: Lanes,
    incoming: mpsc::Receiver<Request<S>>,
    alarm: Pin<Box<Sleep>>,
    alarm_at: Now,
    pub(super) completions: Vec<Completion>,
    pub(super) events: Vec<NetEvent>,
    pub(super) requests: Vec<Request<S>>,
}

impl<S: StateMachine> Inbox<S> {
    pub(super) fn new(lanes: Lanes, incoming: mpsc::Receiver<Request<S>>) -> Self {
        Self {
            lanes,
            incoming,
            alarm: Box::pin(sleep(Duration::ZERO)),
            alarm_at: Now(0),
            completions: Vec::new(),
            events: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// Waits until something is there or `deadline` has come, and takes a batch of each lane; or until `stopped`.
    pub(super) async fn wait(
        &mut self,
        deadline: Now,
        mut stopped: Pin<&mut impl Future<Output = ()>>,
    ) -> Wake {
        let now = clock::now();
        let due = deadline <= now;
        if due {
            // Connections get their turn all the same.
            tokio::task::yield_now().await;
        } else {
            self.set_alarm(deadline, now);
        }
        poll_fn(|cx| {
            if stopped.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Wake::Stop);
            }
            if self.take(cx) || due || self.rings(deadline, cx) {
                return Poll::Ready(Wake::Turn);
            }
            Poll::Pending
        })
        .await
    }

    /// Whether nothing waits to be taken.
    pub(super) fn is_empty(&self) -> bool {
        self.lanes.completions.is_empty()
            && self.lanes.events.is_empty()
            && self.incoming.is_empty()
    }

    /// Puts the alarm to `deadline`, unless it rings before that anyway: to put it earlier wakes the runtime's own timer,
    /// which would cost each put a system call or two.
    fn set_alarm(&mut self, deadline: Now, now: Now) {
        if deadline < self.alarm_at || self.alarm.is_elapsed() {
            let span = (deadline - now).min(SLEEP_MAX);
            let after = Duration::from_nanos(span.0);
            self.alarm.as_mut().reset(Instant::now() + after);
            self.alarm_at = now + span;
        }
    }

    /// Whether the deadline has come. An alarm that was set for an earlier one is put to this one.
    fn rings(&mut self, deadline: Now, cx: &mut Context<'_>) -> bool {
        while self.alarm.as_mut().poll(cx).is_ready() {
            let now = clock::now();
            if deadline <= now {
                return true;
            }
            self.set_alarm(deadline, now);
        }
        false
    }

    /// Takes what is there; false if that is nothing. A closed lane is an empty one.
    fn take(&mut self, cx: &mut Context<'_>) -> bool {
        let lanes = &mut self.lanes;
        while let Poll::Ready(Some(batch)) = lanes.completions.poll_recv(cx) {
            self.completions.extend(batch);
        }
        let _ = lanes.events.poll_recv_many(cx, &mut self.events, BATCH_MAX);
        let _ = self
            .incoming
            .poll_recv_many(cx, &mut self.requests, BATCH_MAX);
        !(self.completions.is_empty() && self.events.is_empty() && self.requests.is_empty())
    }
}
