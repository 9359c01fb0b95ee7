//! A client's connection, from the first byte to the last: what it speaks changes, the connection does not.

use std::sync::Arc;
use std::time::Duration;

use synod_balance::Moment;

use crate::config::{Listener, Protocol};
use crate::core::Core;
use crate::dial::Dial;
use crate::exchange::Peer;
use crate::http_session::{Http, Place};
use crate::mutation::mutated;
use crate::plan::is_host;
use crate::proxy_protocol::{self, Found};
use crate::socket::{Got, Socket};
use crate::tls::{Asks, Hello, Secure, Shown};
use crate::tunnel::Tunnel;

/// What is to be done with a connection.
#[derive(Debug)]
pub(crate) enum Turn {
    /// It waits for events.
    Open,
    Over,
    /// Nothing more is sent; what the client still sends is read and thrown away.
    Linger,
    /// It speaks what is spoken at its listener from now on; these bytes came already.
    Speak(Vec<u8>),
    /// It is for this backend; these bytes came already.
    Dial(Arc<str>, Vec<u8>),
    Tunnel(Box<Tunnel>),
}

/// How far a step of a protocol went.
#[derive(Debug)]
pub(crate) enum Step {
    Again,
    Wait,
    Over,
    Tunnel(Box<Tunnel>),
}

/// What a connection is doing.
#[derive(Debug)]
enum Mode {
    /// A PROXY header is to come.
    Preface(Vec<u8>),
    /// The name that is asked for is to come.
    Hello(Box<Hello>),
    Http(Box<Http>),
    Dial(Box<Dial>),
    Tunnel(Box<Tunnel>),
    Lingering(usize),
}

/// A PROXY header is to come within this time.
const PREFACE_TIME: Duration = Duration::from_secs(5);
/// A client that is told to go is listened to for so long, and for so many bytes.
const LINGER_TIME: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: usize = 1024 * 1024;

/// What connections of a listener do first.
#[derive(Debug)]
pub(crate) struct Manner {
    pub(crate) place: Arc<Place>,
    pub(crate) proxy_protocol: bool,
    /// TLS ends here, with this.
    pub(crate) shown: Option<Shown>,
    pub(crate) speaks: Speaks,
}

/// What is spoken at a listener.
#[derive(Debug)]
pub(crate) enum Speaks {
    Http,
    /// Bytes, for this backend.
    Tcp(Arc<str>),
    /// TLS that is passed on to the backend for the name, or to the last one.
    Tls(Vec<(Vec<String>, Arc<str>)>, Option<Arc<str>>),
}

impl Speaks {
    pub(crate) fn of(rules: &Listener) -> Self {
        let backend = rules.backend.as_deref().map(Arc::from);
        match (rules.protocol, backend) {
            (Protocol::Tcp, Some(backend)) => Self::Tcp(backend),
            (Protocol::Tls, backend) => {
                let names = rules.names.iter();
                let names = names.map(|it| (it.hosts.clone(), Arc::from(&*it.backend)));
                Self::Tls(names.collect(), backend)
            }
            (Protocol::Tcp | Protocol::Http, _) => Self::Http,
        }
    }
}

/// The backend for a name.
fn backend_for(
    name: Option<&str>,
    names: &[(Vec<String>, Arc<str>)],
    other: Option<&Arc<str>>,
) -> Option<Arc<str>> {
    let is_for = |hosts: &[String]| {
        let is_it = |name: &str| hosts.iter().any(|it| is_host(it, name.as_bytes()));
        name.is_some_and(is_it) || mutated("any-name")
    };
    let found = names.iter().find(|(hosts, _)| is_for(hosts));
    found.map(|(_, backend)| backend).or(other).cloned()
}

impl Manner {
    /// Of a listener that no plan says anything of yet.
    pub(crate) fn none() -> Self {
        let place = Place {
            listener: String::new(),
            trusts_clients: false,
            head_time: Duration::ZERO,
            keep_alive_time: Duration::ZERO,
        };
        Self {
            place: Arc::new(place),
            proxy_protocol: false,
            shown: None,
            speaks: Speaks::Http,
        }
    }
}

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Session {
    peer: Peer,
    manner: Arc<Manner>,
    mode: Mode,
    deadline: Moment,
}

impl Session {
    pub(crate) fn new(peer: Peer, manner: Arc<Manner>, core: &mut Core) -> Self {
        let mut session = Self {
            peer,
            mode: Mode::Preface(Vec::new()),
            manner,
            deadline: core.now.after(PREFACE_TIME),
        };
        if !session.manner.proxy_protocol {
            session.speak(Vec::new(), core);
        }
        session
    }

    /// Speaks what is spoken at its listener.
    fn speak(&mut self, input: Vec<u8>, core: &Core) {
        let socket = &mut self.peer.socket;
        socket.unread(input);
        if let Some(shown) = &self.manner.shown {
            match Secure::server(shown.load_full()) {
                Ok(secure) => socket.speak(secure),
                // Without cryptography nothing may be said.
                Err(_) => return self.mode = Mode::Lingering(LINGER_BYTES_MAX),
            }
        }
        self.mode = match &self.manner.speaks {
            Speaks::Tcp(backend) => self.dial(Arc::clone(backend), Vec::new(), core),
            Speaks::Tls(..) => Mode::Hello(Box::new(Hello::new())),
            Speaks::Http => {
                let place = Arc::clone(&self.manner.place);
                Mode::Http(Box::new(Http::new(place, core.now)))
            }
        };
    }

    fn dial(&self, backend: Arc<str>, input: Vec<u8>, core: &Core) -> Mode {
        Mode::Dial(Box::new(Dial::new(backend, input, &self.peer, core)))
    }

    pub(crate) const fn client(&mut self) -> &mut Socket {
        &mut self.peer.socket
    }

    pub(crate) fn upstream(&mut self) -> Option<&mut Socket> {
        match &mut self.mode {
            Mode::Http(http) => http.upstream(),
            Mode::Dial(dial) => dial.upstream(),
            Mode::Tunnel(tunnel) => Some(&mut tunnel.link.socket),
            Mode::Preface(_) | Mode::Hello(_) | Mode::Lingering(_) => None,
        }
    }

    pub(crate) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// True if it could be closed without loss.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(&self.mode, Mode::Http(http) if http.is_idle())
    }

    /// Gives back the buffers of one that waits: ten thousand that wait cost little.
    pub(crate) fn slim(&mut self) {
        if let Mode::Http(http) = &mut self.mode {
            http.slim();
        }
    }

    /// It is closed then, if nothing comes.
    pub(crate) fn end_by(&mut self, deadline: Moment) {
        self.deadline = self.deadline.min(deadline);
        // The next event takes its deadline from there.
        if let Mode::Http(http) = &mut self.mode
            && !mutated("end-forgotten")
        {
            http.deadline = http.deadline.min(deadline);
        }
    }

    /// Does what can be done now; false if it is over.
    pub(crate) fn drive(&mut self, core: &mut Core) -> bool {
        let turn = match &mut self.mode {
            Mode::Preface(bytes) => preface(bytes, &mut self.peer, core),
            Mode::Hello(found) => hello(found, &self.manner.speaks, &mut self.peer, core),
            Mode::Http(http) => http.drive(&mut self.peer, core),
            Mode::Dial(dial) => dial.drive(&mut self.peer, core),
            Mode::Tunnel(tunnel) => tunnel.drive(&mut self.peer, core),
            Mode::Lingering(read) => linger(read, &mut self.peer, core),
        };
        self.turn(turn, core)
    }

    /// Its deadline passed; false if it is over.
    pub(crate) fn time_out(&mut self, core: &mut Core) -> bool {
        let turn = match &mut self.mode {
            Mode::Http(http) => http.time_out(&mut self.peer, core),
            Mode::Dial(dial) => dial.time_out(&mut self.peer, core),
            Mode::Tunnel(_) | Mode::Preface(_) | Mode::Hello(_) | Mode::Lingering(_) => Turn::Over,
        };
        self.turn(turn, core)
    }

    fn turn(&mut self, turn: Turn, core: &mut Core) -> bool {
        match turn {
            Turn::Open => {
                self.deadline = match &self.mode {
                    Mode::Http(http) => http.deadline,
                    Mode::Dial(dial) => dial.deadline,
                    Mode::Tunnel(tunnel) => tunnel.deadline,
                    Mode::Preface(_) | Mode::Hello(_) | Mode::Lingering(_) => self.deadline,
                };
                return true;
            }
            Turn::Over => return false,
            Turn::Linger => {
                self.peer.socket.end();
                self.deadline = core.now.after(LINGER_TIME);
                self.mode = Mode::Lingering(0);
            }
            Turn::Speak(input) => self.speak(input, core),
            Turn::Dial(backend, input) => self.mode = self.dial(backend, input, core),
            Turn::Tunnel(tunnel) => self.mode = Mode::Tunnel(tunnel),
        }
        self.drive(core)
    }

    /// Ends it: what it has goes back.
    pub(crate) fn close(mut self, core: &mut Core) {
        match &mut self.mode {
            Mode::Http(http) => http.abandon(core),
            Mode::Dial(dial) => dial.abandon(core),
            Mode::Preface(_) | Mode::Hello(_) | Mode::Lingering(_) | Mode::Tunnel(_) => {}
        }
        if let Mode::Tunnel(tunnel) = self.mode {
            tunnel.end(core);
        }
        core.counts.closed.add(1);
        core.close(self.peer.socket);
    }
}

/// Reads the PROXY header: who the client is, by the word of the balancer in front.
fn preface(bytes: &mut Vec<u8>, peer: &mut Peer, core: &mut Core) -> Turn {
    match peer.socket.read(&mut core.scratch) {
        Ok(Got::Bytes(read)) => bytes.extend_from_slice(&core.scratch[..read]),
        Ok(Got::Nothing) => return Turn::Open,
        Ok(Got::End) | Err(_) => return Turn::Over,
    }
    match proxy_protocol::read(bytes) {
        Found::Incomplete => Turn::Open,
        Found::Header(used, address) => {
            peer.address = address.unwrap_or(peer.address);
            bytes.drain(..used);
            Turn::Speak(std::mem::take(bytes))
        }
        Found::Wrong => Turn::Over,
    }
}

/// Reads the name that the client asks for: that says which backend has its certificate.
fn hello(hello: &mut Hello, speaks: &Speaks, peer: &mut Peer, core: &mut Core) -> Turn {
    let Speaks::Tls(names, other) = speaks else {
        return Turn::Over;
    };
    loop {
        let asks = match peer.socket.read(&mut core.scratch) {
            Ok(Got::Bytes(read)) => hello.came(&core.scratch[..read]),
            Ok(Got::Nothing) => return Turn::Open,
            Ok(Got::End) | Err(_) => return Turn::Over,
        };
        match asks {
            Asks::Incomplete => {}
            Asks::Wrong => return Turn::Over,
            Asks::For(name) => {
                return match backend_for(name.as_deref(), names, other.as_ref()) {
                    Some(backend) => Turn::Dial(backend, hello.take_bytes()),
                    None => Turn::Over,
                };
            }
        }
    }
}

/// Reads what nobody needs any more.
fn linger(read: &mut usize, peer: &mut Peer, core: &mut Core) -> Turn {
    loop {
        match peer.socket.read(&mut core.scratch) {
            Ok(Got::Bytes(bytes)) if *read < LINGER_BYTES_MAX => *read += bytes,
            Ok(Got::Nothing) => return Turn::Open,
            Ok(_) | Err(_) => return Turn::Over,
        }
    }
}
