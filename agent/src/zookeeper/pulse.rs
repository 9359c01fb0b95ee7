//! Which sessions were heard of, told to the leader. A ping is answered when the leader, confirmed by a quorum, has taken note of
//! it: so who hears the answer knows that its session lives on for the whole time-out. What was asked behind a ping waits for its
//! answer, since answers come in the order of requests.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use hashbrown::HashSet;
use synod_jute::{Reply, Response, Xid};
use synod_znode::{SessionId, TOUCH_MAX, Touch, Touched};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::connection::Connection;
use super::{Front, read_only, records};
use crate::clock;

/// Sessions whose clients send other things than pings are told of this often.
pub(super) const INTERVAL: Duration = Duration::from_millis(500);
/// Pause after the leader did not answer.
pub(super) const RETRY: Duration = Duration::from_millis(50);
/// How long the leader's answer is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// The connections that were heard of since the leader was last told.
#[derive(Default)]
pub(super) struct Pulse {
    heard: Mutex<Vec<Weak<Connection>>>,
    pub(super) pinged: Notify,
}

impl Pulse {
    /// A packet came.
    pub(super) fn heard(&self, connection: &Arc<Connection>) {
        let has_session = connection.held.get().is_some_and(|held| !held.read_only);
        if has_session && !connection.listed.swap(true, Ordering::SeqCst) {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(Arc::downgrade(connection));
        }
    }

    /// A ping is to be answered, with those of other connections.
    pub(super) fn ping(&self, connection: &Arc<Connection>) {
        // Before it is listed: a beat takes it off the list before it looks whether it pings.
        connection.pinging.store(true, Ordering::SeqCst);
        self.heard(connection);
        self.pinged.notify_one();
    }

    /// Those that were heard of, at most so many as one message takes.
    pub(super) fn take(&self) -> Vec<Arc<Connection>> {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let count = heard.len().min(TOUCH_MAX);
        if count < heard.len() {
            // Those that are left may wait for answers too.
            self.pinged.notify_one();
        }
        heard
            .drain(..count)
            .filter_map(|connection| connection.upgrade())
            .collect()
    }
}

/// Those that one message is about.
pub(super) struct Beat {
    /// Each with whether it waits for the answer to a ping.
    connections: Vec<(Arc<Connection>, bool)>,
    pub(super) touch: Touch,
}

impl Beat {
    pub(super) fn new(connections: Vec<Arc<Connection>>) -> Self {
        let now = clock::now().0;
        let mut touch = Touch::default();
        let mut heard = Vec::with_capacity(connections.len());
        for connection in connections {
            // In this order: what comes from here on is of the next beat.
            connection.listed.store(false, Ordering::SeqCst);
            let pinging = connection.pinging.swap(false, Ordering::SeqCst);
            let age_ns = now.saturating_sub(connection.heard.load(Ordering::Relaxed));
            let age_ms = u32::try_from(age_ns / 1_000_000).unwrap_or(u32::MAX);
            touch.sessions.push((connection.held().session, age_ms));
            heard.push((connection, pinging));
        }
        Self {
            connections: heard,
            touch,
        }
    }

    /// The leader took note.
    pub(super) fn done(self, front: &Arc<Front>, gone: Vec<SessionId>) {
        let gone: HashSet<_> = gone.into_iter().collect();
        let zxid = records::zxid(front.zxid());
        for (connection, pinging) in self.connections {
            if gone.contains(&connection.held().session) {
                connection.outbox.end();
                continue;
            }
            if pinging {
                connection
                    .outbox
                    .put(|out| Reply::ok(Xid::PING, zxid, Response::None).encode(out));
                front.resume(&connection);
            }
        }
    }

    /// The leader did not answer: the next beat is about these too.
    pub(super) fn again(self, pulse: &Pulse) {
        for (connection, pinging) in self.connections {
            connection.pinging.fetch_or(pinging, Ordering::SeqCst);
            pulse.heard(&connection);
        }
    }
}

/// Tells the leader for as long as it is let: connections that end may still wait for its answer.
pub(super) async fn beat(front: Arc<Front>) {
    let mut confirmed = clock::now();
    loop {
        tokio::select! {
            () = front.pulse.pinged.notified() => {}
            () = sleep(INTERVAL) => {}
        }
        read_only::end_with_a_leader(&front);
        let connections = front.pulse.take();
        if connections.is_empty() {
            confirmed = clock::now();
            continue;
        }
        let beat = Beat::new(connections);
        let told = timeout(PATIENCE, front.engine.soft(beat.touch.clone())).await;
        if let Ok(Ok(Touched::Gone(gone))) = told {
            confirmed = clock::now();
            beat.done(&front, gone);
            continue;
        }
        beat.again(&front.pulse);
        if front.lets_go(&mut confirmed) {
            tracing::warn!(
                "there is no leader; clients are let go, so that they find another member"
            );
            front.let_everybody_go();
            confirmed = clock::now();
        }
        sleep(RETRY).await;
    }
}
