//! A thread's event loop.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use crate::Shared;
use crate::client::{Client, Place};
use crate::connection::{Connection, State};
use crate::mailbox::Mailbox;
use crate::memcached;
use crate::session::Session;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
const MEMCACHED: Token = Token(2);
const FIRST: usize = 3;
/// How many events are taken from the system at once.
const EVENTS: usize = 1024;
/// How many connections are taken at once, so that other threads get some, too.
const ACCEPTS: usize = 8;
/// What expired is removed so often.
const TICK: Duration = Duration::from_millis(10);
/// So many keys at a time.
const EXPIRED_MAX: usize = 200;

pub(crate) struct Worker {
    shared: Arc<Shared>,
    number: usize,
    poll: Poll,
    listener: TcpListener,
    /// Connections may wait to be taken. The system says so once, not again for those that were left.
    has_callers: bool,
    memcached: Option<Memcached>,
    connections: HashMap<Token, Connection>,
    /// Where clients are.
    clients: HashMap<u64, Token>,
    next: usize,
}

/// Where clients of memcached come.
struct Memcached {
    listener: TcpListener,
    /// As [`Worker::has_callers`].
    has_callers: bool,
}

/// Where others put what is for the thread with this event loop.
pub(crate) fn mailbox(poll: &Poll) -> io::Result<Mailbox> {
    let waker = Waker::new(poll.registry(), WAKER)?;
    Ok(Mailbox::new(Arc::new(waker)))
}

impl Worker {
    pub(crate) fn new(
        shared: Arc<Shared>,
        number: usize,
        poll: Poll,
        listener: std::net::TcpListener,
    ) -> io::Result<Self> {
        let mut listener = TcpListener::from_std(listener);
        poll.registry()
            .register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            shared,
            number,
            poll,
            listener,
            has_callers: false,
            memcached: None,
            connections: HashMap::new(),
            clients: HashMap::new(),
            next: FIRST,
        })
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut are_left = false;
        while !self.shared.stops.load(Ordering::Acquire) {
            let at_most = if are_left { Duration::ZERO } else { TICK };
            match self.poll.poll(&mut events, Some(at_most)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
                _ => {}
            }
            let now = now();
            for event in &events {
                match event.token() {
                    LISTENER => self.has_callers = true,
                    WAKER => self.listen_to_memcached(),
                    MEMCACHED => {
                        if let Some(memcached) = &mut self.memcached {
                            memcached.has_callers = true;
                        }
                    }
                    token => self.serve(token, now),
                }
            }
            are_left = self.has_callers && self.accept();
            are_left |= self.accept_memcached();
            self.read_messages(now);
            // A pause may end, which clients wait for.
            self.expire(now);
            self.give_up(now);
        }
    }

    fn read_messages(&mut self, now: i64) {
        for message in self.shared.mailboxes[self.number].take() {
            // It may be gone.
            let Some(token) = self.clients.get(&message.client()).copied() else {
                continue;
            };
            let connection = self.connections.get_mut(&token).expect("a client has one");
            if connection.told(message, &self.shared, now, self.poll.registry()) == State::Over {
                self.close(token);
            }
        }
    }

    /// Who has waited for long enough is answered.
    fn give_up(&mut self, now: i64) {
        let registry = self.poll.registry();
        let waiting = self.connections.iter_mut();
        let over = waiting.filter_map(|(token, connection)| {
            let state = connection.give_up(&self.shared, now, registry);
            (state == State::Over).then_some(*token)
        });
        for token in over.collect::<Vec<_>>() {
            self.close(token);
        }
    }

    fn close(&mut self, token: Token) {
        if let Some(connection) = self.connections.remove(&token) {
            self.clients.remove(&connection.id());
            connection.close(&self.shared, self.poll.registry());
        }
    }

    /// Takes some connections; whether some may be left. If the system cannot give one, that is tried again after a while.
    fn accept(&mut self) -> bool {
        for _ in 0..ACCEPTS {
            match self.listener.accept() {
                Ok((stream, peer)) => drop(self.open(stream, peer)),
                Err(error) => {
                    self.has_callers = error.kind() != io::ErrorKind::WouldBlock;
                    return false;
                }
            }
        }
        true
    }

    /// Begins to listen to clients of memcached, if that was asked for. If it cannot, there are no such clients here.
    fn listen_to_memcached(&mut self) {
        let Some(listener) = self.shared.memcached.take(self.number) else {
            return;
        };
        let mut listener = TcpListener::from_std(listener);
        let registry = self.poll.registry();
        if registry
            .register(&mut listener, MEMCACHED, Interest::READABLE)
            .is_ok()
        {
            self.memcached = Some(Memcached {
                listener,
                has_callers: false,
            });
        }
    }

    /// As [`Self::accept`].
    fn accept_memcached(&mut self) -> bool {
        for _ in 0..ACCEPTS {
            let Some(memcached) = self.memcached.as_mut().filter(|it| it.has_callers) else {
                return false;
            };
            match memcached.listener.accept() {
                Ok((stream, peer)) => {
                    if let Some(connection) = self.open(stream, peer) {
                        connection.speak_memcached();
                    }
                }
                Err(error) => {
                    memcached.has_callers = error.kind() != io::ErrorKind::WouldBlock;
                    return false;
                }
            }
        }
        true
    }

    fn open(&mut self, stream: TcpStream, peer: SocketAddr) -> Option<&mut Connection> {
        let token = Token(self.next);
        self.next += 1;
        let shared = &self.shared;
        let id = shared.next_client.fetch_add(1, Ordering::Relaxed);
        let own = stream.local_addr();
        let place = Place {
            peer: peer.to_string(),
            own: own.map_or_else(|_| String::new(), |own| own.to_string()),
            descriptor: stream.as_raw_fd(),
            since: now(),
        };
        let account = Arc::clone(shared.accounts.default_one());
        let client = Arc::new(Client::new(id, self.number, place, account));
        let session = Session::new(Arc::clone(&client), shared);
        let registry = self.poll.registry();
        let connection = Connection::open(stream, token, session, registry).ok()?;
        self.clients.insert(id, token);
        shared.clients.add(&client);
        Some(self.connections.entry(token).or_insert(connection))
    }

    fn serve(&mut self, token: Token, now: i64) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        if connection.serve(&self.shared, now, self.poll.registry()) == State::Over {
            self.close(token);
        }
    }

    /// Removes what expired; of which partitions some, since each thread does it.
    fn expire(&self, now: i64) {
        if self.shared.pause.holds(true, now) {
            // Nothing changes.
            return;
        }
        memcached::State::flush_if_due(&self.shared, now);
        for part in &self.shared.parts {
            if let Ok(mut part) = part.try_lock()
                && part.partition.next_expiry().is_some_and(|at| at < now)
            {
                part.partition.set_now(now);
                part.partition.expire(EXPIRED_MAX);
                part.serve(&self.shared.mailboxes);
            }
        }
    }
}

/// Milliseconds since the Unix epoch.
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
