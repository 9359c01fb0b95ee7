//! Redis's protocol on sockets.
//!
//! Some threads, each with an event loop of its own: a connection stays with the thread that it was given to, which reads what there
//! is, carries out all commands in it, and writes all replies at once. Keys are in partitions behind locks; any thread takes the
//! partitions that a command needs, in their order.
//!
//! One command's way: `worker` wakes, `connection` reads and finds commands, `session` carries each out, the connection writes.

mod connection;
mod connections;
mod front;
mod mailbox;
mod part;
pub mod persistence;
mod session;
mod transaction;
mod turn;
mod worker;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use mailbox::Mailbox;
use part::Part;
use persistence::{Kept, Persistence};

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Threads that serve connections.
    pub threads: usize,
    /// In how many parts the keys are kept. Only what is in different parts is served at the same time.
    pub partitions: usize,
    /// Of what all that is random comes.
    pub seed: u64,
}

/// What all threads share.
pub(crate) struct Shared {
    pub(crate) parts: Vec<Mutex<Part>>,
    /// Of each thread.
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) stops: AtomicBool,
    pub(crate) next_client: AtomicU64,
    /// What keeps the keys on disk, if something does.
    pub(crate) persistence: Option<Persistence>,
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
        Self::start_with(listener, settings, None)
    }

    /// As [`Self::start`], with what a data directory holds, in as many partitions as that has. What is done from now on is kept there.
    ///
    /// # Errors
    /// If the threads or their event loops cannot be had.
    pub fn start_with(
        listener: TcpListener,
        settings: &Settings,
        kept: Option<Kept>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let polls = (0..settings.threads).map(|_| mio::Poll::new());
        let polls = polls.collect::<io::Result<Vec<_>>>()?;
        let mailboxes = polls.iter().map(worker::mailbox);
        let mailboxes = mailboxes.collect::<io::Result<Vec<_>>>()?;
        let (parts, persistence) = match kept {
            Some(kept) => kept.begin(&mailboxes)?,
            None => (part::unkept(settings), None),
        };
        let shared = Arc::new(Shared {
            parts,
            mailboxes,
            stops: AtomicBool::new(false),
            next_client: AtomicU64::new(1),
            persistence,
        });
        persistence::start(&shared)?;
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
