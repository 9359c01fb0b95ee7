//! What all connections share: the way to the engine, who this member is, and the bounds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use synod_agent_api::Role;
use synod_znode::{ConnectionId, SessionId, Store, WatchBounds};
use tokio_util::sync::CancellationToken;

use super::aside::Aside;
use super::budget::Budget;
use super::connection::Connection;
use super::credentials::Credentials;
use super::desk::{self, SharedDesk};
use super::metrics::{Gauges, Metrics};
use super::pulse::Pulse;
use super::resumed::Resumed;
use crate::clock;
use crate::engine::Engine;

/// Where reads are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// By the member that is asked, as it is: ZooKeeper's way. They may be stale; `sync` before them makes them recent.
    #[default]
    Local,
    /// Once everything that was decided before is applied here: each is as recent as if `sync` came before it.
    Linearizable,
}

impl Reads {
    pub(super) const fn are_linearizable(self) -> bool {
        matches!(self, Self::Linearizable)
    }
}

/// What a front end is told at its start. It holds secrets: there is no `Debug`.
#[derive(Clone)]
pub struct Settings {
    /// Bytes of one packet: ZooKeeper's `jute.maxbuffer`.
    pub frame_bytes_max: usize,
    /// Where reads are served.
    pub reads: Reads,
    /// Connections at a time; more wait in the kernel's backlog. Each has one request under way at most, so with fewer than the
    /// engine takes nobody is ever refused.
    pub connections_max: usize,
    /// The four-letter words that are answered.
    pub words: Vec<String>,
    /// Who shows a name and password with this digest may do everything.
    pub super_digest: Option<String>,
    /// Locks that have metrics of their own.
    pub measured_locks: Vec<String>,
    /// Names and passwords of those who may log in by SASL.
    pub users: BTreeMap<String, String>,
    /// Bytes of all connections together: requests, answers and events that wait.
    pub buffers_bytes_max: u64,
    /// Bytes of all watches; those of one connection take a quarter of that at most.
    pub watches_bytes_max: u64,
    /// How long clients are kept while there is no leader to take note of their sessions.
    pub leader_patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            frame_bytes_max: synod_jute::FRAME_BYTES_MAX,
            reads: Reads::Local,
            connections_max: 64_512,
            words: ["srvr", "ruok", "isro"].map(str::to_owned).to_vec(),
            super_digest: None,
            measured_locks: Vec::new(),
            users: BTreeMap::new(),
            buffers_bytes_max: 256 << 20,
            watches_bytes_max: 256 << 20,
            leader_patience: Duration::from_secs(3),
        }
    }
}

/// The front end of one member.
pub struct Front {
    pub(super) engine: Engine<Store>,
    pub(super) settings: Settings,
    pub(super) number: u64,
    pub(super) desk: SharedDesk,
    pub(super) pulse: Pulse,
    pub(super) credentials: Credentials,
    pub(super) metrics: Metrics,
    pub(super) budget: Arc<Budget>,
    pub(super) aside: Aside,
    connections: AtomicU64,
    /// The last session number that was given out: its upper part is the time, so that none comes twice.
    sessions: AtomicU64,
    zxid: AtomicI64,
    port: OnceLock<u16>,
    /// Connections without a session that may have to end.
    pub(super) read_only: AtomicU64,
    gone: Mutex<Vec<Arc<Connection>>>,
    /// Who goes on at the end of the turn.
    pub(super) later: Mutex<Vec<Resumed>>,
    stop: CancellationToken,
}

/// Session numbers of one millisecond.
const SESSIONS_PER_MS_BITS: u32 = 16;

impl Front {
    /// A front end over an engine. `stop` ends it.
    #[must_use]
    pub fn new(engine: Engine<Store>, settings: Settings, stop: CancellationToken) -> Self {
        Self {
            number: engine.status().number,
            desk: desk::room(WatchBounds {
                connection_bytes_max: settings.watches_bytes_max / 4,
                bytes_max: settings.watches_bytes_max,
            }),
            pulse: Pulse::default(),
            credentials: Credentials {
                super_digest: settings.super_digest.clone(),
                users: settings.users.clone(),
            },
            metrics: Metrics::default(),
            budget: Budget::new(settings.buffers_bytes_max),
            aside: Aside::default(),
            connections: AtomicU64::new(0),
            sessions: AtomicU64::new(clock::wall_ms() << SESSIONS_PER_MS_BITS),
            zxid: AtomicI64::new(0),
            port: OnceLock::new(),
            read_only: AtomicU64::new(0),
            gone: Mutex::default(),
            later: Mutex::default(),
            engine,
            settings,
            stop,
        }
    }

    /// Is cancelled when the front end is to end.
    pub(super) const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// The id of a new connection.
    pub(super) fn connection_id(&self) -> ConnectionId {
        ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed))
    }

    /// The id of a new session.
    pub(super) fn session_id(&self) -> SessionId {
        SessionId::new(
            self.number,
            self.sessions.fetch_add(1, Ordering::Relaxed) + 1,
        )
    }

    /// The store's zxid as of the last turn.
    pub(super) fn zxid(&self) -> synod_znode::Zxid {
        synod_znode::Zxid(self.zxid.load(Ordering::Relaxed))
    }

    /// Has events delivered after each turn of the loop.
    pub(super) async fn deliver_after_turns(self: &Arc<Self>) {
        let front = Arc::clone(self);
        let hook = Box::new(move |store: &mut Store| {
            desk::with(&front.desk, store, |desk, store| {
                front.gone().drain(..).for_each(|it| desk.leave(&it));
                desk.after_turn(store);
            });
            front.go_on_with_all(store);
            front.zxid.store(store.zxid().0, Ordering::Relaxed);
        });
        let _ = self.engine.after_each_turn(hook).await;
    }

    /// A connection ended.
    pub(super) fn leave(&self, connection: &Arc<Connection>) {
        self.metrics.ended(connection.packets());
        let (shared, connection) = (Arc::clone(&self.desk), Arc::clone(connection));
        let gone = Arc::clone(&connection);
        let leave =
            move |store: &mut Store| desk::with(&shared, store, |desk, _| desk.leave(&connection));
        if self.engine.tell(leave).is_err() {
            // The loop has too much to do: it hears of it after its next turn.
            self.gone().push(gone);
        }
    }

    /// Connections that ended without the loop's knowledge.
    fn gone(&self) -> MutexGuard<'_, Vec<Arc<Connection>>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether clients are to find another member, now that nobody took note of them; a leader did last, or was there last, at
    /// `confirmed`. Not while there is a leader: who is slow with it is slow elsewhere too, and everybody would come at once. A
    /// client that is left without an answer leaves by itself before its session ends.
    pub(super) fn lets_go(&self, confirmed: &mut clock::Now) -> bool {
        let now = clock::now();
        if self.knows_a_leader() {
            *confirmed = now;
        }
        Duration::from_nanos((now - *confirmed).0) > self.settings.leader_patience
    }

    /// Ends all connections but of those who are content without a leader, so that clients find another member.
    pub(super) fn let_everybody_go(&self) {
        let shared = Arc::clone(&self.desk);
        let go = move |store: &mut Store| {
            desk::with(&shared, store, |desk, _| {
                let all = desk.connections.values();
                all.filter(|connection| !connection.is_read_only())
                    .for_each(|connection| connection.outbox.end());
            });
        };
        let _ = self.engine.tell(go);
    }

    /// The metrics of clients and of what is stored, as text.
    pub async fn own_metrics(&self) -> String {
        let shared = Arc::clone(&self.desk);
        let measured = self.settings.measured_locks.clone();
        let buffers = self.budget.used();
        let look = move |store: &mut Store| {
            desk::with(&shared, store, |desk, store| Gauges {
                locks: measured.iter().map(|path| store.lock_head(path)).collect(),
                sizes: store.sizes(),
                watches: desk.hub.counts(),
                zxid: store.zxid().0,
                packets: desk.packets(),
                buffers,
            })
        };
        let gauges = self.engine.inspect(look).await;
        self.metrics.text(gauges.ok().as_ref())
    }

    /// Whether this member knows of a leader: without one it serves nobody new.
    pub(super) fn knows_a_leader(&self) -> bool {
        self.engine.live().leader().is_some()
    }

    /// The port that clients come to; 0 before it listens.
    pub(super) fn port(&self) -> u16 {
        self.port.get().copied().unwrap_or(0)
    }

    /// Notes the port that clients come to.
    pub(super) fn listens_at(&self, port: u16) {
        let _ = self.port.set(port);
    }

    /// ZooKeeper's word for what this member is.
    pub(super) fn mode(&self) -> &'static str {
        let status = self.engine.status();
        match status.role {
            Role::Leader if status.configuration.members.len() < 2 => "standalone",
            Role::Leader => "leader",
            Role::Learner => "observer",
            _ => "follower",
        }
    }
}
