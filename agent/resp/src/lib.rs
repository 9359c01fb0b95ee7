//! Redis's protocol on sockets.
//!
//! Some threads, each with an event loop of its own: a connection stays with the thread that it was given to, which reads what there
//! is, carries out all commands in it, and writes all replies at once. Keys are in partitions behind locks; any thread takes the
//! partitions that a command needs, in their order.
//!
//! One command's way: `worker` wakes, `connection` reads and finds commands, `session` carries each out, the connection writes.

mod acl;
mod answers;
mod client;
mod connection;
mod front;
mod mailbox;
mod memcached;
mod part;
mod permission;
mod session;
mod transaction;
mod turn;
mod worker;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use acl::Accounts;
pub use acl::Password;
use client::{Clients, Pause};
use mailbox::Mailbox;
use part::Part;

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
    pub(crate) memcached: memcached::State,
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
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let polls = (0..settings.threads).map(|_| mio::Poll::new());
        let polls = polls.collect::<io::Result<Vec<_>>>()?;
        let mailboxes = polls.iter().map(worker::mailbox);
        let seeds =
            (0..settings.partitions as u64).map(|number| settings.seed.wrapping_add(number));
        let shared = Arc::new(Shared {
            parts: seeds.map(|seed| Mutex::new(Part::new(seed))).collect(),
            mailboxes: mailboxes.collect::<io::Result<Vec<_>>>()?,
            stops: AtomicBool::new(false),
            next_client: AtomicU64::new(1),
            clients: Clients::default(),
            pause: Pause::default(),
            accounts: Accounts::new(settings.password),
            memcached: memcached::State::default(),
        });
        let mut workers = Vec::new();
        for (number, poll) in polls.into_iter().enumerate() {
            let listener = listener.try_clone()?;
            let worker = worker::Worker::new(Arc::clone(&shared), number, poll, listener)?;
            let builder = thread::Builder::new().name(format!("cache-{number}"));
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
    }
}
