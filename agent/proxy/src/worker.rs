//! A thread's event loop.
//!
//! A connection stays with the thread that took it, and so does what it uses: backends' connections, turns, buffers. What comes from
//! elsewhere (another plan, other backends, the end) comes as a message and is taken in between two turns.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token, Waker};
use slab::Slab;
use synod_balance::{Balancer, Moment, View};

use crate::core::{Core, Group, Owner};
use crate::exchange::Peer;
use crate::http_session::Place;
use crate::mutation::mutated;
use crate::plan::Plan;
use crate::session::{Manner, Session, Speaks};

const WAKER: Token = Token(usize::MAX);
/// Listeners' tokens are from here on down.
const LISTENERS: usize = usize::MAX - 1;
/// So many events are taken from the system at once.
const EVENTS: usize = 1_024;
/// So many connections are taken at once, so that those that are open have their turn.
const ACCEPTS: usize = 64;
/// So many may wait to be taken (`control` says so to the system).
pub(crate) const BACKLOG: usize = 4_096;
/// Deadlines are looked at so often.
const TICK: Duration = Duration::from_millis(50);

/// What a thread is told.
pub(crate) enum Message {
    /// Another plan, the listeners that are new in it, and its groups: how each is numbered, and who may be chosen of it.
    Plan(
        Arc<Plan>,
        Vec<(String, std::net::TcpListener)>,
        Vec<(u64, Arc<View>)>,
    ),
    /// Who may be chosen of a group.
    View(Arc<str>, Arc<View>),
    /// No connection more is taken; those that are open end when they can, at the latest after this time.
    Drain(Duration),
    Stop,
}

/// Where a thread is told something.
#[derive(Clone)]
pub(crate) struct Mailbox {
    messages: Arc<Mutex<Vec<Message>>>,
    waker: Arc<Waker>,
}

impl Mailbox {
    pub(crate) fn new(poll: &Poll) -> io::Result<Self> {
        Ok(Self {
            messages: Arc::default(),
            waker: Arc::new(Waker::new(poll.registry(), WAKER)?),
        })
    }

    pub(crate) fn send(&self, message: Message) {
        self.lock().push(message);
        // If that fails, the next tick finds it.
        let _ = self.waker.wake();
    }

    fn take(&self) -> Vec<Message> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Message>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Bound {
    name: String,
    listener: TcpListener,
    token: Token,
    manner: Arc<Manner>,
    connections_max: usize,
    /// The system said that some wait.
    has_callers: bool,
}

pub(crate) struct Worker {
    poll: Poll,
    mailbox: Mailbox,
    core: Core,
    sessions: Slab<Session>,
    listeners: Vec<Bound>,
    next_listener: usize,
    began: Instant,
    seed: u64,
    swept: Moment,
    drained_by: Option<Moment>,
    stops: bool,
    /// The system gives no more connections for now.
    lacks_files: bool,
}

impl Worker {
    pub(crate) fn new(poll: Poll, mailbox: Mailbox, core: Core, began: Instant, seed: u64) -> Self {
        Self {
            poll,
            mailbox,
            core,
            sessions: Slab::new(),
            listeners: Vec::new(),
            next_listener: LISTENERS,
            began,
            seed,
            swept: Moment::ZERO,
            drained_by: None,
            stops: false,
            lacks_files: false,
        }
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        self.core.now = self.now();
        self.read_messages();
        while !self.stops && !self.is_drained() {
            let at_most = if self.has_more() {
                Duration::ZERO
            } else {
                TICK
            };
            match self.poll.poll(&mut events, Some(at_most)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
                _ => {}
            }
            self.core.now = self.now();
            let mut again = std::mem::take(&mut self.core.again);
            // An event of one that is in it puts it in once more: without this it would have one turn more in each turn.
            again.sort_unstable();
            again.dedup();
            // Who has nothing else to do looks, too, whether a message came.
            let mut is_woken = events.is_empty();
            // Unused connections first: one that ended, or speaks unasked, must not be taken in this turn.
            let idle = events.iter().filter(|it| self.is_of_idle(it));
            for event in idle.collect::<Vec<_>>() {
                self.event(event);
            }
            for event in &events {
                is_woken |= event.token() == WAKER;
                self.event(event);
            }
            again.into_iter().for_each(|session| self.drive(session));
            // Before anybody is taken, or a backend whose servers are told already would have none for him.
            if is_woken {
                self.read_messages();
            }
            self.accept();
            self.sweep();
            for number in self.core.closed.drain(..) {
                self.core.owners.remove(number);
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::ZERO
            .after(self.began.elapsed())
            .after(Duration::from_secs(1))
    }

    /// True if there is something to do at once.
    fn has_more(&self) -> bool {
        !self.core.again.is_empty() || self.has_callers()
    }

    /// True if there are connections that may be taken.
    fn has_callers(&self) -> bool {
        let open = self.sessions.len();
        let has_callers = |it: &Bound| it.has_callers && open < it.connections_max;
        !self.lacks_files && self.listeners.iter().any(has_callers)
    }

    fn is_drained(&self) -> bool {
        self.drained_by
            .is_some_and(|by| self.sessions.is_empty() || by <= self.core.now)
    }

    fn is_of_idle(&self, event: &mio::event::Event) -> bool {
        let owner = self.core.owners.get(event.token().0);
        matches!(owner, Some(Owner::Idle(..)))
    }

    fn event(&mut self, event: &mio::event::Event) {
        let token = event.token();
        let Some(owner) = self.core.owners.get(token.0).copied() else {
            let bound = self.listeners.iter_mut().find(|it| it.token == token);
            if let Some(bound) = bound {
                bound.has_callers = true;
            }
            return;
        };
        match owner {
            Owner::Nobody => {}
            Owner::Client(number) => {
                self.sessions[number].client().told(event);
                self.drive(number);
            }
            Owner::Upstream(number) => {
                if let Some(socket) = self.sessions[number].upstream() {
                    socket.told(event);
                    self.drive(number);
                }
            }
            Owner::Idle(group, backend) => {
                let is_spoiled = event.is_readable() || event.is_read_closed() || event.is_error();
                let is_spoiled = is_spoiled && !mutated("spoiled-reused");
                let key = (group, backend);
                if is_spoiled && let Some(mut idle) = self.core.pool.remove(key, token) {
                    idle.socket.told(event);
                    match idle.socket.stays_idle() {
                        true => self.core.pool.put_back(key, idle),
                        false => self.core.close(idle.socket),
                    }
                }
            }
        }
    }

    fn drive(&mut self, number: usize) {
        let Some(session) = self.sessions.get_mut(number) else {
            return;
        };
        if !session.drive(&mut self.core) {
            self.sessions.remove(number).close(&mut self.core);
        }
    }

    fn accept(&mut self) {
        self.lacks_files = false;
        for bound in 0..self.listeners.len() {
            for _ in 0..ACCEPTS {
                let Bound {
                    listener,
                    connections_max,
                    has_callers,
                    ..
                } = &mut self.listeners[bound];
                if !*has_callers || self.sessions.len() >= *connections_max {
                    break;
                }
                match listener.accept() {
                    Ok((stream, address)) => self.open(bound, stream, address),
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => *has_callers = false,
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                    Err(_) => {
                        self.lacks_files = true;
                        break;
                    }
                }
            }
        }
    }

    fn open(&mut self, bound: usize, stream: TcpStream, mut address: SocketAddr) {
        // At a listener for both, a client of IPv4 is that, not one of IPv6 with a strange address.
        address.set_ip(address.ip().to_canonical());
        // Without it, small answers wait; with an error, they do as well.
        let _ = stream.set_nodelay(true);
        let mut local = stream.local_addr().unwrap_or(address);
        local.set_ip(local.ip().to_canonical());
        let number = self.sessions.vacant_key();
        let Ok(socket) = self.core.own(stream, Owner::Client(number)) else {
            return;
        };
        self.core.counts.accepted.add(1);
        let peer = Peer {
            socket,
            address,
            local,
            session: number,
        };
        let manner = Arc::clone(&self.listeners[bound].manner);
        let session = Session::new(peer, manner, &mut self.core);
        self.sessions.insert(session);
        // TCP is connected to a backend before the client says a word.
        self.drive(number);
    }

    /// Ends what took too long.
    fn sweep(&mut self) {
        let now = self.core.now;
        if now.since(self.swept) < TICK {
            return;
        }
        self.swept = now;
        self.sessions.iter_mut().for_each(|(_, it)| it.slim());
        let is_over = |it: &Session| it.deadline() <= now;
        let over = self
            .sessions
            .iter()
            .filter(|(_, it)| is_over(it))
            .map(|(number, _)| number);
        for number in over.collect::<Vec<_>>() {
            if !self.sessions[number].time_out(&mut self.core) {
                self.sessions.remove(number).close(&mut self.core);
            }
        }
        self.retire();
    }

    /// Closes unused connections that are old, or to backends that are gone.
    fn retire(&mut self) {
        let core = &mut self.core;
        let groups = core.groups.values().map(|it| (it.number, it));
        let groups = groups.collect::<HashMap<_, _>>();
        let is_used = |(group, backend)| {
            let group = groups.get(&group);
            group.is_some_and(|it| it.balancer.view().names(backend))
        };
        let mut retired = Vec::new();
        core.pool
            .retire(core.now, is_used, |idle| retired.push(idle));
        retired.into_iter().for_each(|idle| core.close(idle.socket));
    }

    fn read_messages(&mut self) {
        for message in self.mailbox.take() {
            match message {
                Message::Plan(plan, listeners, groups) => self.plan(plan, listeners, groups),
                Message::View(group, view) => {
                    if let Some(group) = self.core.groups.get_mut(&group) {
                        group.balancer.update(view);
                    }
                }
                Message::Drain(time) => self.drain(time),
                Message::Stop => self.stops = true,
            }
        }
    }

    fn plan(
        &mut self,
        plan: Arc<Plan>,
        listeners: Vec<(String, std::net::TcpListener)>,
        groups: Vec<(u64, Arc<View>)>,
    ) {
        self.core.plan = Arc::clone(&plan);
        let mut before = std::mem::take(&mut self.core.groups);
        for (backend, (number, view)) in plan.backends.iter().zip(groups) {
            let name = Arc::<str>::from(&*backend.name);
            let seed = self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let old = before.remove(&name).filter(|it| it.number == number);
            let balancer = match old {
                Some(old) => {
                    let mut balancer = old.balancer;
                    balancer.update(view);
                    balancer
                }
                None => Balancer::new(view, seed),
            };
            let group = Group {
                number,
                balancer,
                proxy_protocol: backend.proxy_protocol,
                tls: backend.tls.clone(),
                figures: Arc::clone(&backend.figures),
                idle_connections_max: backend.idle_connections_max,
            };
            self.core.groups.insert(name, group);
        }
        self.listen(&plan, listeners);
    }

    fn listen(&mut self, plan: &Plan, new: Vec<(String, std::net::TcpListener)>) {
        let mut before = std::mem::take(&mut self.listeners);
        for (name, listener) in new {
            let mut listener = TcpListener::from_std(listener);
            let token = Token(self.next_listener);
            self.next_listener -= 1;
            let registry = self.poll.registry();
            if registry
                .register(&mut listener, token, Interest::READABLE)
                .is_ok()
            {
                before.retain(|it| it.name != name);
                let manner = Arc::new(Manner::none());
                before.push(Bound {
                    name,
                    listener,
                    token,
                    manner,
                    connections_max: 0,
                    has_callers: true,
                });
            }
        }
        for (rules, shown) in &plan.listeners {
            let Some(place) = before.iter().position(|it| it.name == rules.name) else {
                continue;
            };
            let mut bound = before.swap_remove(place);
            bound.connections_max = rules.connections_max;
            bound.manner = Arc::new(Manner {
                place: Arc::new(Place {
                    listener: rules.name.clone(),
                    trusts_clients: rules.trusts_clients,
                    head_time: Duration::from_millis(rules.head_ms),
                    keep_alive_time: Duration::from_millis(rules.keep_alive_ms),
                }),
                proxy_protocol: rules.proxy_protocol,
                shown: shown.clone(),
                speaks: Speaks::of(rules),
            });
            self.listeners.push(bound);
        }
    }

    /// Takes those who knock already, then nobody more. Answers say that the connection ends; those that are idle are given a
    /// moment in which a request that is on its way arrives.
    fn drain(&mut self, time: Duration) {
        self.core.is_draining = true;
        self.listeners
            .iter_mut()
            .for_each(|it| it.has_callers = true);
        self.accept();
        // What the system took for this socket already is reset with it.
        for _ in 0..BACKLOG / ACCEPTS {
            if self.has_callers() && !mutated("drain-resets") {
                self.accept();
            }
        }
        self.listeners.clear();
        let time = if mutated("drain-cuts") {
            Duration::ZERO
        } else {
            time
        };
        self.drained_by = Some(self.core.now.after(time));
        let idle = self.core.now.after(Duration::from_secs(1).min(time / 2));
        for (_, session) in &mut self.sessions {
            if session.is_idle() {
                session.end_by(idle);
            }
        }
    }
}
