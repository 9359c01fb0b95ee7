//! A thread's event loop.

use std::collections::{HashMap, VecDeque};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};

use crate::Shared;
use crate::audience::Audience;
use crate::client::{Client, Place};
use crate::config::{self, Changes, Id};
use crate::connection::{Connection, State};
use crate::connections::Connections;
use crate::counts::{Sum, clock};
use crate::mailbox::{Mailbox, are_full};
use crate::memcached;
use crate::memory::go_on_evicting;
use crate::part::{NOBODY, Parts, tell};
use crate::scripting::Attend;
use crate::session::Session;

const LISTENER: Token = Token(0);
const WAKER: Token = Token(1);
const MEMCACHED: Token = Token(2);
/// How many events are taken from the system at once.
const EVENTS: usize = 1024;
/// How many connections are taken at once, so that other threads get some, too.
const ACCEPTS: usize = 8;
/// What expired is removed so often.
const TICK: Duration = Duration::from_millis(10);
/// So many keys at a time.
const EXPIRED_MAX: usize = 200;
/// For so long at a time, and no longer than one partition takes beyond it.
const EXPIRING_MAX: Duration = Duration::from_millis(1);
/// So often is looked at what changes slowly.
const LOOK_AROUND_MS: i64 = 100;

const TIMEOUT: Id = Id::of("timeout");
const CLIENTS_MAX: Id = Id::of("maxclients");

pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) number: usize,
    pub(crate) poll: Poll,
    listener: TcpListener,
    /// Connections may wait to be taken. The system says so once, not again for those that were left.
    has_callers: bool,
    memcached: Option<Memcached>,
    pub(crate) connections: Connections,
    /// Where clients are.
    pub(crate) clients: HashMap<u64, Token>,
    pub(crate) audience: Audience,
    /// Connections that were sent something that was not written yet.
    pub(crate) unwritten: Vec<Token>,
    /// So much was sent to them.
    pub(crate) unwritten_bytes: usize,
    /// Connections that wait until messages were read.
    pub(crate) paused: Vec<Token>,
    /// Connections whose replies wait for the log.
    pub(crate) held: Vec<Token>,
    /// When it was looked last what is over, in Unix milliseconds.
    ticked: i64,
    /// When it looked around last, in Unix milliseconds.
    looked: i64,
    /// In which partition it looked for what expired last.
    next_part: usize,
    /// What the system told of and was not looked at yet.
    told: VecDeque<Token>,
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
            connections: Connections::default(),
            clients: HashMap::new(),
            audience: Audience::default(),
            unwritten: Vec::new(),
            unwritten_bytes: 0,
            paused: Vec::new(),
            held: Vec::new(),
            ticked: 0,
            looked: 0,
            next_part: 0,
            told: VecDeque::new(),
        })
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut are_left = false;
        while !self.shared.stops.load(Ordering::Acquire) {
            let at_most = match are_left || self.has_work() {
                true => Duration::ZERO,
                false => TICK,
            };
            match self.poll.poll(&mut events, Some(at_most)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
                _ => {}
            }
            self.told
                .extend(events.iter().map(mio::event::Event::token));
            self.serve_told();
            are_left = self.has_callers && self.accept();
            are_left |= self.accept_memcached();
            let now = now();
            self.shared.scripting.settle(&self.shared);
            self.read_messages(now);
            go_on_evicting(&self.shared, now);
            self.tick(now);
            self.release(now);
            self.look_around(now);
        }
    }

    /// Ends what is over, not more often than that can be told apart from always.
    fn tick(&mut self, now: i64) {
        if now.abs_diff(self.ticked) >= TICK.as_millis() as u64 {
            self.ticked = now;
            // A pause may end, which clients wait for.
            self.expire(now);
            self.give_up(now);
        }
    }

    fn serve_told(&mut self) {
        let now = now();
        while let Some(token) = self.told.pop_front() {
            match token {
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
    }

    /// What is to be done once in a while.
    fn look_around(&mut self, now: i64) {
        if now.saturating_sub(self.looked) < LOOK_AROUND_MS {
            return;
        }
        self.looked = now;
        let counts = &self.shared.counts[self.number];
        counts.reset_if(&self.shared.resets);
        if self.number == 0 {
            clock::compare();
            config::apply(&self.shared, &mut Parts::Free(&self.shared), Changes::Slow);
            self.shared.about.rate.note(&self.shared);
        }
        self.close_idle(now);
    }

    /// Closes clients that have called nothing for `timeout` seconds, and wait for nothing.
    fn close_idle(&mut self, now: i64) {
        let seconds = self.shared.config.number(TIMEOUT);
        if seconds == 0 {
            return;
        }
        let idle = self.connections.iter();
        let idle = idle.filter(|(_, connection)| connection.is_idle(now, seconds));
        for token in idle.map(|(token, _)| token).collect::<Vec<_>>() {
            self.close(token);
        }
    }

    /// Who has waited for long enough is answered.
    fn give_up(&mut self, now: i64) {
        let registry = self.poll.registry();
        let waiting = self.connections.iter_mut();
        let changed = waiting.filter_map(|(token, connection)| {
            let was_held = connection.is_held();
            let state = connection.give_up(&self.shared, now, registry);
            let is_held = connection.is_held() && !was_held;
            let is_changed = is_held || connection.has_changes();
            (state != State::Open || is_changed).then_some((token, state))
        });
        for (token, state) in changed.collect::<Vec<_>>() {
            self.after(token, state);
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
                self.after(token, state);
            }
        }
    }

    /// Carries out what may take so long that the other connections have to be looked after meanwhile. It is not among them then.
    pub(crate) fn alone(&mut self, token: Token) -> State {
        let Some(mut connection) = self.connections.take(token) else {
            return State::Open;
        };
        let shared = Arc::clone(&self.shared);
        connection.alone(&shared, self);
        let state = connection.go_on(&shared, now(), self.poll.registry());
        self.connections.insert(token, connection);
        state
    }

    pub(crate) fn close(&mut self, token: Token) {
        if let Some(connection) = self.connections.remove(token) {
            self.shared.counts[self.number].went.add(1);
            self.clients.remove(&connection.id());
            let changes = connection.close(&self.shared, self.poll.registry());
            for change in changes {
                self.audience.change(token, change);
            }
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
        let shared = &self.shared;
        if has_too_many(shared) {
            shared.counts[self.number].refused.add(1);
            refuse(stream);
            return None;
        }
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
        let token = self.connections.token();
        let Ok(connection) = Connection::open(stream, token, session, registry) else {
            self.connections.give_back(token);
            return None;
        };
        self.connections.insert(token, connection);
        self.clients.insert(id, token);
        shared.clients.add(&client);
        shared.counts[self.number].connections.add(1);
        shared.counts[self.number].came.add(1);
        self.connections.get_mut(token)
    }

    fn serve(&mut self, token: Token, now: i64) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        let state = connection.serve(&self.shared, now, self.poll.registry());
        if state != State::Open || connection.has_changes() || connection.is_held() {
            self.after(token, state);
        }
    }

    /// Removes what expired; of which partitions some, since each thread does it, and for no longer than a while.
    fn expire(&mut self, now: i64) {
        if self.shared.pause.holds(true, now) || !self.shared.about.expires() {
            // Nothing changes.
            return;
        }
        if are_full(&self.shared.mailboxes) {
            // What is told of it would have to wait.
            return;
        }
        memcached::State::flush_if_due(&self.shared, now);
        let (shared, count) = (&self.shared, self.shared.parts.len());
        let mut began = None;
        for _ in 0..count {
            // Where it stopped before, it goes on.
            self.next_part = (self.next_part + 1) % count;
            let Some(mut part) = shared.parts[self.next_part].try_lock() else {
                continue;
            };
            let index = self.next_part;
            let is_due = part.partition.next_expiry().is_some_and(|at| at < now);
            if is_due {
                let began = *began.get_or_insert_with(clock::ticks);
                part.begin(shared, now);
                part.partition.expire(EXPIRED_MAX);
                tell([&mut *part].into_iter(), shared, NOBODY);
                part.serve(shared);
                if shared.memory.is_bound() {
                    shared.memory.told(&mut part);
                }
                let took = clock::nanoseconds(clock::ticks().saturating_sub(began));
                let took = Duration::from_nanos(took);
                if took > EXPIRING_MAX {
                    shared.latency.note("expire-cycle", took);
                    shared.keep(index, &mut part);
                    return;
                }
            }
            shared.keep(index, &mut part);
        }
    }
}

/// Whether there are as many clients as there may be.
fn has_too_many(shared: &Shared) -> bool {
    let open = Sum::of(&shared.counts, &shared.resets).left(|it| &it.came, |it| &it.went);
    open >= shared.config.number(CLIENTS_MAX).unsigned_abs()
}

/// Tells a client that there are too many, and closes it.
fn refuse(mut stream: TcpStream) {
    // Whether it hears of it or not.
    drop(stream.write(b"-ERR max number of clients reached\r\n"));
}

impl Attend for Worker {
    /// Serves the connections that are not in the way of a script, which has all keys: they are told so, or end it. Nothing is done
    /// with messages: they are for those who wait, and nothing can come.
    fn attend(&mut self) {
        let mut events = Events::with_capacity(EVENTS);
        if self.poll.poll(&mut events, Some(Duration::ZERO)).is_ok() {
            self.told
                .extend(events.iter().map(mio::event::Event::token));
        }
        self.serve_told();
        if self.has_callers {
            self.accept();
        }
        self.release(now());
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
