//! A TCP connection that is being connected to a backend: one that does not take it is passed over for another.

use std::sync::Arc;
use std::time::Duration;

use synod_balance::{Asked, Moment, Outcome, Ticket};
use xxhash_rust::xxh3::xxh3_64;

use crate::core::{Core, Link, LinkError};
use crate::exchange::Peer;
use crate::mutation::mutated;
use crate::proxy_protocol;
use crate::session::Turn;
use crate::socket::{Outbox, Socket};
use crate::tunnel::Tunnel;

/// A backend is to take a connection within this time.
const CONNECT_TIME: Duration = Duration::from_secs(2);
/// So many backends are asked.
const ATTEMPTS: u32 = 4;
/// Between two pieces, either way.
const IDLE_TIME: Duration = Duration::from_secs(3_600);

/// A connection under way.
#[derive(Debug)]
pub(crate) struct Dial {
    group: Arc<str>,
    asked: Asked,
    input: Vec<u8>,
    ticket: Option<Ticket>,
    link: Option<Link>,
    attempts: u32,
    pub(crate) deadline: Moment,
}

impl Dial {
    pub(crate) fn new(group: Arc<str>, input: Vec<u8>, peer: &Peer, core: &Core) -> Self {
        let source = peer.address.ip().to_string();
        Self {
            group,
            asked: Asked {
                hash: Some(xxh3_64(source.as_bytes())),
                ..Asked::default()
            },
            input,
            ticket: None,
            link: None,
            attempts: ATTEMPTS,
            deadline: core.now.after(CONNECT_TIME),
        }
    }

    pub(crate) fn upstream(&mut self) -> Option<&mut Socket> {
        self.link.as_mut().map(|it| &mut it.socket)
    }

    pub(crate) fn drive(&mut self, peer: &mut Peer, core: &mut Core) -> Turn {
        loop {
            if self.link.is_none() && !self.connect(peer, core) {
                return Turn::Over;
            }
            let Some(link) = &mut self.link else {
                continue;
            };
            match link.socket.is_connected() {
                Ok(true) => return self.connected(peer, core),
                Ok(false) => return Turn::Open,
                Err(_) => self.failed(core),
            }
        }
    }

    /// A backend did not take it in time.
    pub(crate) fn time_out(&mut self, peer: &mut Peer, core: &mut Core) -> Turn {
        self.failed(core);
        self.drive(peer, core)
    }

    pub(crate) fn abandon(&mut self, core: &mut Core) {
        self.back(Outcome::Cancelled, core);
    }

    /// False if there is nobody left.
    fn connect(&mut self, peer: &Peer, core: &mut Core) -> bool {
        if self.attempts == 0 {
            return false;
        }
        self.attempts -= 1;
        self.deadline = core.now.after(CONNECT_TIME);
        let Ok(ticket) = core.choose(&self.group, &self.asked) else {
            return false;
        };
        let link = core.link(&self.group, ticket.backend(), peer.session, None);
        self.ticket = Some(ticket);
        match link {
            Ok(link) => self.link = Some(link),
            // It has as many as it may: that is no failure of its own.
            Err(LinkError::Refused(_)) if !mutated("full-blamed") => {
                self.passed_over(Outcome::Cancelled, core);
            }
            Err(_) => self.failed(core),
        }
        true
    }

    fn failed(&mut self, core: &mut Core) {
        self.passed_over(Outcome::Refused, core);
    }

    fn passed_over(&mut self, outcome: Outcome, core: &mut Core) {
        if let Some(ticket) = &self.ticket {
            self.asked.tried.add(ticket.backend().id());
        }
        self.back(outcome, core);
    }

    fn back(&mut self, outcome: Outcome, core: &mut Core) {
        if let Some(link) = self.link.take() {
            core.drop_link(link);
        }
        if let Some(ticket) = self.ticket.take() {
            core.finish(&self.group, ticket, outcome);
        }
    }

    fn connected(&mut self, peer: &Peer, core: &Core) -> Turn {
        let Some((link, ticket)) = self.link.take().zip(self.ticket.take()) else {
            return Turn::Over;
        };
        ticket.taken();
        let mut bytes = Vec::new();
        let version = core
            .groups
            .get(&self.group)
            .and_then(|it| it.proxy_protocol);
        if let Some(version) = version {
            proxy_protocol::write(&mut bytes, version, peer.address, peer.local);
        }
        bytes.append(&mut self.input);
        let to_server = Outbox::of(bytes);
        let parts = (link, ticket, Arc::clone(&self.group));
        let tunnel = Tunnel::new(parts, to_server, Outbox::default(), IDLE_TIME, core.now);
        Turn::Tunnel(Box::new(tunnel))
    }
}
