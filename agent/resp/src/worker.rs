//! A thread's event loop.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use crate::Shared;
use crate::connection::{Connection, State};
use crate::connections::Connections;
use crate::mailbox::Mailbox;
use crate::session::Session;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
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
    connections: Connections,
    /// Where clients are.
    clients: HashMap<u64, Token>,
    /// When it was looked last what is over, in Unix milliseconds.
    ticked: i64,
    /// Connections whose replies wait for the log.
    held: Vec<Token>,
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
            connections: Connections::default(),
            clients: HashMap::new(),
            ticked: 0,
            held: Vec::new(),
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
                    WAKER => {}
                    token => self.serve(token, now),
                }
            }
            are_left = self.has_callers && self.accept();
            self.read_messages(now);
            self.tick(now);
            self.release(now);
        }
    }

    /// Ends what is over, not more often than that can be told apart from always.
    fn tick(&mut self, now: i64) {
        if now.abs_diff(self.ticked) >= TICK.as_millis() as u64 {
            self.ticked = now;
            self.give_up(now);
            self.expire(now);
        }
    }

    fn read_messages(&mut self, now: i64) {
        for message in self.shared.mailboxes[self.number].take() {
            // It may be gone.
            let Some(token) = self.clients.get(&message.client()).copied() else {
                continue;
            };
            let connection = self.connections.get_mut(token).expect("a client has one");
            let state = connection.told(message, &self.shared, now, self.poll.registry());
            self.follow(token, state);
        }
    }

    /// Who has waited for long enough is answered.
    fn give_up(&mut self, now: i64) {
        let registry = self.poll.registry();
        let waiting = self.connections.iter_mut();
        let changed = waiting.filter_map(|(token, connection)| {
            let state = connection.give_up(&self.shared, now, registry);
            (state == State::Over || connection.is_held()).then_some((token, state))
        });
        for (token, state) in changed.collect::<Vec<_>>() {
            self.follow(token, state);
        }
    }

    /// Closes a connection that is over; one whose replies wait for the log is looked at when that has come further.
    fn follow(&mut self, token: Token, state: State) {
        if state == State::Over {
            self.close(token);
        } else if self
            .connections
            .get(token)
            .is_some_and(Connection::is_held)
            && !self.held.contains(&token)
        {
            self.held.push(token);
        }
    }

    /// Replies leave that waited for the log, if it has come so far.
    fn release(&mut self, now: i64) {
        let Some(persistence) = &self.shared.persistence else {
            return;
        };
        if self.held.is_empty() {
            return;
        }
        persistence.journal.tell(1 << (self.number % 64));
        for token in std::mem::take(&mut self.held) {
            if let Some(connection) = self.connections.get_mut(token) {
                let state = connection.release(&self.shared, now, self.poll.registry());
                self.follow(token, state);
            }
        }
    }

    fn close(&mut self, token: Token) {
        if let Some(connection) = self.connections.remove(token) {
            self.clients.remove(&connection.id());
            connection.close(&self.shared, self.poll.registry());
        }
    }

    /// Takes some connections; whether some may be left. If the system cannot give one, that is tried again after a while.
    fn accept(&mut self) -> bool {
        for _ in 0..ACCEPTS {
            match self.listener.accept() {
                Ok((stream, _)) => self.open(stream),
                Err(error) => {
                    self.has_callers = error.kind() != io::ErrorKind::WouldBlock;
                    return false;
                }
            }
        }
        true
    }

    fn open(&mut self, stream: TcpStream) {
        let token = self.connections.token();
        let id = self.shared.next_client.fetch_add(1, Ordering::Relaxed);
        let session = Session::new(id, self.number);
        let registry = self.poll.registry();
        match Connection::open(stream, token, session, registry) {
            Ok(connection) => {
                self.connections.insert(token, connection);
                self.clients.insert(id, token);
            }
            Err(_) => self.connections.give_back(token),
        }
    }

    fn serve(&mut self, token: Token, now: i64) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        let state = connection.serve(&self.shared, now, self.poll.registry());
        self.follow(token, state);
    }

    /// Removes what expired; of which partitions some, since each thread does it.
    fn expire(&self, now: i64) {
        for (index, part) in self.shared.parts.iter().enumerate() {
            let Ok(mut part) = part.try_lock() else {
                continue;
            };
            if part.partition.next_expiry().is_some_and(|at| at < now) {
                part.partition.set_now(now);
                part.partition.expire(EXPIRED_MAX);
                part.serve(&self.shared.mailboxes);
            }
            if let Some(persistence) = &self.shared.persistence {
                persistence.collect(index, &mut part);
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
