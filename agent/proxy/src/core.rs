//! What a thread has, apart from its clients' connections: each step of one is given it.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Registry, Token};
use slab::Slab;
use synod_balance::circuit::{Connected, Limits};
use synod_balance::{
    Asked, Backend, BackendId, Balancer, Draws, Moment, Notice, Outcome, Refusal, Ticket,
};

use crate::access::Entry;
use crate::control::Order;
use crate::counts::Counts;
use crate::figures::Figures;
use crate::http::head::Field;
use crate::mutation::mutated;
use crate::plan::Plan;
use crate::pool::{Idle, Pool};
use crate::proxy_protocol::Version;
use crate::socket::Socket;
use crate::tls::{Outward, Secure};

/// So much is read at once.
const SCRATCH_BYTES: usize = 64 * 1024;

/// Whose a socket is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owner {
    /// A client's connection, or the one to the backend that serves it.
    Client(usize),
    Upstream(usize),
    /// It waits in the pool.
    Idle(u64, BackendId),
    /// It was closed in this turn, in which events of it may still come.
    Nobody,
}

/// A group of backends, as this thread sees it.
pub(crate) struct Group {
    pub(crate) number: u64,
    pub(crate) balancer: Balancer,
    pub(crate) proxy_protocol: Option<Version>,
    pub(crate) tls: Option<Outward>,
    pub(crate) figures: Arc<Figures>,
    pub(crate) idle_connections_max: usize,
}

/// A thread's things.
pub(crate) struct Core {
    pub(crate) registry: Registry,
    pub(crate) plan: Arc<Plan>,
    pub(crate) groups: HashMap<Arc<str>, Group>,
    pub(crate) pool: Pool,
    pub(crate) owners: Slab<Owner>,
    /// Owners whose sockets were closed in this turn.
    pub(crate) closed: Vec<usize>,
    /// Sessions that have more to do, and let others go first.
    pub(crate) again: Vec<usize>,
    pub(crate) scratch: Box<[u8]>,
    pub(crate) fields: Vec<Field>,
    pub(crate) now: Moment,
    pub(crate) draws: Draws,
    pub(crate) is_draining: bool,
    pub(crate) counts: Arc<Counts>,
    pub(crate) orders: Sender<Order>,
    /// What cookies' tokens are hashed with.
    pub(crate) secret: u64,
    /// Which thread it is.
    pub(crate) thread: usize,
    /// The access log, if there is one.
    pub(crate) log: Option<SyncSender<Entry>>,
}

/// A connection to a backend.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) socket: Socket,
    pub(crate) connected: Connected,
    /// It served before: it may have been closed meanwhile.
    pub(crate) is_reused: bool,
    pub(crate) is_made: bool,
    group: u64,
    idle_max: usize,
}

impl Core {
    pub(crate) fn new(
        registry: Registry,
        plan: Arc<Plan>,
        orders: Sender<Order>,
        counts: Arc<Counts>,
        (seed, secret): (u64, u64),
    ) -> Self {
        Self {
            registry,
            plan,
            groups: HashMap::new(),
            pool: Pool::default(),
            owners: Slab::new(),
            closed: Vec::new(),
            again: Vec::new(),
            scratch: vec![0; SCRATCH_BYTES].into_boxed_slice(),
            fields: Vec::new(),
            now: Moment::ZERO,
            draws: Draws::new(seed),
            is_draining: false,
            counts,
            orders,
            secret,
            thread: 0,
            log: None,
        }
    }

    /// An entry for the log. Nobody waits for who writes it.
    pub(crate) fn log(&self, entry: impl FnOnce() -> Entry) {
        let Some(log) = &self.log else {
            return;
        };
        if log.try_send(entry()).is_err() {
            self.counts.unlogged.add(1);
        }
    }

    /// Registers a socket for this owner.
    pub(crate) fn own(&mut self, stream: TcpStream, owner: Owner) -> io::Result<Socket> {
        let number = self.owners.insert(owner);
        let socket = Socket::new(stream, Token(number), &self.registry);
        if socket.is_err() {
            self.owners.remove(number);
        }
        socket
    }

    /// Closes a socket. Its number is free for another one once this turn is over.
    pub(crate) fn close(&mut self, mut socket: Socket) {
        if socket.is_secure() {
            socket.end();
        }
        let number = socket.token.0;
        self.owners[number] = Owner::Nobody;
        self.closed.push(number);
    }

    /// Chooses a backend of a group.
    pub(crate) fn choose(&mut self, group: &str, asked: &Asked) -> Result<Ticket, Refusal> {
        let group = self.groups.get_mut(group).ok_or(Refusal::NoBackend)?;
        group.balancer.choose(asked, self.now)
    }

    /// Ends a request at a backend.
    pub(crate) fn finish(&mut self, group: &Arc<str>, ticket: Ticket, outcome: Outcome) {
        let notice = match self.groups.get_mut(group) {
            Some(group) => group.balancer.finish(ticket, outcome, self.now),
            None => ticket.finish(outcome, self.now),
        };
        if notice == Notice::Suspect {
            // Nobody reads only when all is about to end.
            let _ = self.orders.send(Order::Suspect(Arc::clone(group)));
        }
    }

    /// A connection to a backend: one that waits, or a new one.
    pub(crate) fn link(
        &mut self,
        group: &str,
        backend: &Arc<Backend>,
        session: usize,
        reuse_within: Option<Duration>,
    ) -> Result<Link, LinkError> {
        let group = self
            .groups
            .get(group)
            .ok_or(LinkError::Refused(Refusal::NoBackend))?;
        let number = group.number;
        // What began with one client's header is no other's.
        let idle_max = match group.proxy_protocol {
            None => group.idle_connections_max,
            Some(_) => 0,
        };
        let limits = *group.balancer.view().limits();
        let within = reuse_within.filter(|_| group.proxy_protocol.is_none());
        let key = (number, backend.id());
        let reused = within.and_then(|within| self.pool.take(key, self.now, within));
        if let Some(Idle {
            socket, connected, ..
        }) = reused
        {
            self.owners[socket.token.0] = Owner::Upstream(session);
            self.counts.reused.add(1);
            return Ok(Link {
                socket,
                connected,
                is_reused: true,
                is_made: true,
                group: number,
                idle_max,
            });
        }
        let tls = group.tls.clone();
        let connected = self.place(key, backend, &limits)?;
        let address = backend.name().parse::<SocketAddr>();
        let address = address.map_err(|_| LinkError::Failed)?;
        let stream = TcpStream::connect(address).map_err(|it| LinkError::of(&it))?;
        // Without it, small answers wait; with an error, they do as well.
        let _ = stream.set_nodelay(true);
        let secure = tls.map(|tls| {
            let (config, name) = tls.to(address);
            Secure::client(config, name)
        });
        let secure = secure.transpose().map_err(|_| LinkError::Failed)?;
        let socket = self.own(stream, Owner::Upstream(session));
        let mut socket = socket.map_err(|it| LinkError::of(&it))?;
        if let Some(secure) = secure {
            socket.speak(secure);
        }
        self.counts.connects.add(1);
        Ok(Link {
            socket,
            connected,
            is_reused: false,
            is_made: false,
            group: number,
            idle_max,
        })
    }

    /// A place for one connection more to this backend.
    fn place(
        &mut self,
        key: (u64, BackendId),
        backend: &Arc<Backend>,
        limits: &Limits,
    ) -> Result<Connected, LinkError> {
        let mut connected = backend.connect(limits);
        if connected.is_err()
            && !mutated("unused-in-the-way")
            && let Some(idle) = self.pool.take_oldest(key)
        {
            // One that nobody uses must not keep out one that is needed.
            self.close(idle.socket);
            drop(idle.connected);
            connected = backend.connect(limits);
        }
        connected.map_err(|refusal| {
            // Other threads' unused ones, too; for this request that is too late.
            backend.want(self.now);
            LinkError::Refused(refusal)
        })
    }

    /// Keeps a connection for the next request.
    pub(crate) fn keep(&mut self, link: Link) {
        let key = (link.group, link.connected.backend().id());
        self.owners[link.socket.token.0] = Owner::Idle(key.0, key.1);
        let idle = Idle {
            socket: link.socket,
            connected: link.connected,
            since: self.now,
        };
        let most = match idle.connected.backend().is_wanted(self.now) && !mutated("others-kept-out")
        {
            true => 0,
            false => link.idle_max,
        };
        if let Err(idle) = self.pool.put(key, idle, most) {
            self.close(idle.socket);
        }
    }

    /// A closed connection to a backend, or an unused one that is of no use.
    pub(crate) fn drop_link(&mut self, link: Link) {
        self.close(link.socket);
    }
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkError {
    /// On this side: a limit, or the system has no more files or ports. That says nothing of the backend.
    Refused(Refusal),
    Failed,
}

impl LinkError {
    fn of(error: &io::Error) -> Self {
        use rustix::io::Errno;
        let lacks = [
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::NOSPC,
            Errno::ADDRNOTAVAIL,
        ];
        match error.raw_os_error() {
            Some(code) if lacks.iter().any(|it| it.raw_os_error() == code) => {
                Self::Refused(Refusal::TooManyConnections)
            }
            _ => Self::Failed,
        }
    }
}
