//! Redis's protocol on sockets.
//!
//! Some threads, each with an event loop of its own: a connection stays with the thread that it was given to, which reads what there
//! is, carries out all commands in it, and writes all replies at once. Keys are in partitions behind locks; any thread takes the
//! partitions that a command needs, in their order.
//!
//! One command's way: `worker` wakes, `connection` reads and finds commands, `session` carries each out, the connection writes.

mod acl;
mod answers;
mod attended;
mod audience;
mod client;
mod config;
mod connection;
mod connections;
mod counts;
mod deliver;
mod front;
mod interests;
mod latency;
mod limits;
mod listening;
mod mailbox;
mod measured;
mod memcached;
mod memory;
mod monitor;
mod output;
mod part;
mod per_thread;
mod permission;
pub mod persistence;
mod publication;
mod scripting;
mod secrets;
mod session;
mod setup;
mod slow;
mod subscriptions;
mod tracked;
mod tracking;
mod transaction;
mod turn;
mod worker;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use acl::Accounts;
pub use acl::Password;
use client::{Clients, Pause};
use config::Config;
use counts::Counts;
use interests::CurrentInterests;
use latency::Latency;
use limits::OutputLimits;
use mailbox::Mailbox;
use memory::Memory;
use parking_lot::Mutex;
use part::Part;
use per_thread::PerThread;
use persistence::{Kept, Persistence};
use scripting::Scripting;
use setup::About;
pub use setup::{OnLog, OnShutdown, Setup, Shutdown};
use slow::SlowLog;
use subscriptions::Subscriptions;
pub use synod_script::Level;
use tracking::Following;

/// As which version of Redis it speaks to clients.
pub(crate) const REDIS_VERSION: &str = "7.2.4";

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Threads that serve connections.
    pub threads: usize,
    /// In how many parts the keys are kept. Only what is in different parts is served at the same time.
    pub partitions: usize,
    /// Of what all that is random comes, but for passwords.
    pub seed: u64,
    /// What clients have to say before anything else, if anything.
    pub password: Option<Password>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threads: 1,
            partitions: 16,
            seed: 1,
            password: None,
        }
    }
}

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) parts: Vec<Mutex<Part>>,
    /// Of each thread.
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) stops: AtomicBool,
    pub(crate) next_client: AtomicU64,
    pub(crate) clients: Clients,
    pub(crate) pause: Pause,
    pub(crate) accounts: Accounts,
    pub(crate) config: Config,
    /// Of each thread.
    pub(crate) counts: Vec<Counts>,
    /// How often all was to be counted from 0 again.
    pub(crate) resets: AtomicU64,
    pub(crate) memory: Memory,
    pub(crate) slow: SlowLog,
    pub(crate) latency: Latency,
    pub(crate) about: About,
    /// What keeps the keys on disk, if something does.
    pub(crate) persistence: Option<Persistence>,
    pub(crate) scripting: Scripting,
    pub(crate) memcached: memcached::State,
    pub(crate) subscriptions: Subscriptions,
    /// Clients that see all commands.
    pub(crate) monitors: PerThread,
    pub(crate) following: Following,
    pub(crate) interests: CurrentInterests,
    output_limits: RwLock<OutputLimits>,
    /// So many clients were closed since they did not read.
    pub(crate) closed_for_output: AtomicU64,
}

impl Shared {
    /// Takes what was done to a partition to the log, if there is one.
    pub(crate) fn keep(&self, index: usize, part: &mut Part) {
        if let Some(persistence) = &self.persistence {
            persistence.collect(index, part);
        }
    }

    /// `client-output-buffer-limit`.
    pub(crate) fn output_limits(&self) -> OutputLimits {
        let limits = self.output_limits.read();
        *limits.unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets `client-output-buffer-limit`.
    pub(crate) fn set_output_limits(&self, to: OutputLimits) {
        let limits = self.output_limits.write();
        *limits.unwrap_or_else(PoisonError::into_inner) = to;
    }
}

/// Functions are there again. Lua needs more of a stack than who begins a server may have.
fn recall(shared: &Shared) -> io::Result<()> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(synod_script::STACK_BYTES_MIN);
        let recalled = builder
            .spawn_scoped(scope, || front::recall(shared))?
            .join();
        let recalled = recalled.expect("nothing panics on what was kept");
        recalled.map_err(|why| io::Error::other(format!("functions that were kept: {why}")))
    })
}

/// A running server.
pub struct Server {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    address: SocketAddr,
}

impl Server {
    /// Serves connections that come to `listener`.
    ///
    /// # Errors
    /// If the threads or their event loops cannot be had.
    pub fn start(listener: TcpListener, settings: &Settings) -> io::Result<Self> {
        Self::start_with(listener, settings, Setup::default())
    }

    /// As [`Self::start`], with what is set by name, and with what a data directory holds.
    ///
    /// # Errors
    /// If the threads or their event loops cannot be had, or something cannot be set.
    pub fn start_with(
        listener: TcpListener,
        settings: &Settings,
        mut setup: Setup,
    ) -> io::Result<Self> {
        counts::clock::begin();
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let polls = (0..settings.threads).map(|_| mio::Poll::new());
        let polls = polls.collect::<io::Result<Vec<_>>>()?;
        let mailboxes = polls.iter().map(worker::mailbox);
        let mailboxes = mailboxes.collect::<io::Result<Vec<_>>>()?;
        let fsync = setup.kept.as_ref().map(Kept::fsync);
        let (parts, persistence) = match setup.kept.take() {
            Some(kept) => kept.begin(&mailboxes)?,
            None => (part::unkept(settings), None),
        };
        let shared = Arc::new(Shared {
            parts,
            mailboxes,
            stops: AtomicBool::new(false),
            next_client: AtomicU64::new(1),
            clients: Clients::default(),
            pause: Pause::default(),
            accounts: Accounts::new(settings.password),
            config: setup.config(address, settings, fsync)?,
            counts: (0..settings.threads).map(|_| Counts::new()).collect(),
            resets: AtomicU64::new(0),
            memory: Memory::default(),
            slow: SlowLog::new(),
            latency: Latency::default(),
            about: About::new(address, settings, (setup.on_shutdown, setup.on_log)),
            persistence,
            scripting: Scripting::default(),
            subscriptions: Subscriptions::new(settings.threads),
            monitors: PerThread::new(settings.threads),
            following: Following::new(settings.threads),
            interests: CurrentInterests::default(),
            output_limits: RwLock::default(),
            closed_for_output: AtomicU64::new(0),
            memcached: memcached::State::default(),
        });
        config::apply_all(&shared);
        recall(&shared)?;
        persistence::start(&shared)?;
        let mut workers = Vec::new();
        for (number, poll) in polls.into_iter().enumerate() {
            let listener = listener.try_clone()?;
            let worker = worker::Worker::new(Arc::clone(&shared), number, poll, listener)?;
            let builder = thread::Builder::new()
                .name(format!("cache-{number}"))
                .stack_size(synod_script::STACK_BYTES_MIN);
            workers.push(builder.spawn(move || worker.run())?);
        }
        Ok(Self {
            shared,
            workers,
            address,
        })
    }

    /// Serves clients of memcached that come to another listener, with the strings of database 0.
    ///
    /// # Errors
    /// If each thread cannot listen there.
    pub fn serve_memcached(&self, listener: &TcpListener) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let threads = self.shared.mailboxes.len();
        let listeners = (0..threads).map(|_| listener.try_clone().map(Some));
        let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
        self.shared.memcached.give(listeners);
        self.shared.mailboxes.iter().for_each(Mailbox::wake);
        Ok(())
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections and threads.
    pub fn stop(self) {
        self.shared.stops.store(true, Ordering::Release);
        self.shared.mailboxes.iter().for_each(Mailbox::wake);
        self.workers
            .into_iter()
            .for_each(|worker| drop(worker.join()));
        persistence::stop(&self.shared);
    }
}
