//! Two connections whose bytes go over to each other: TCP, and what follows an upgrade.
//!
//! Each direction holds what it read until it is written, and reads nothing meanwhile: so a slow side slows the other down and costs
//! one buffer. When a side ends, the other is told once it has all; the tunnel is over when both have ended.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use synod_balance::{Moment, Outcome, Ticket};

use crate::core::{Core, Link};
use crate::exchange::{Exchange, Peer};
use crate::mutation::mutated;
use crate::pipe::Pipe;
use crate::session::Turn;
use crate::socket::{Got, Outbox, Socket};

/// A direction goes on for so many reads before others have their turn.
const READS_MAX: usize = 16;

/// A tunnel.
#[derive(Debug)]
pub(crate) struct Tunnel {
    pub(crate) link: Link,
    ticket: Ticket,
    group: Arc<str>,
    up: Way,
    down: Way,
    idle: Duration,
    pub(crate) deadline: Moment,
}

/// After so many full reads in a row a direction goes through a pipe.
const FULL_READS: u32 = 4;

/// One direction.
#[derive(Debug, Default)]
struct Way {
    out: Outbox,
    /// Full reads in a row.
    full: u32,
    pipe: Option<Pipe>,
    has_ended: bool,
    is_told: bool,
}

/// How far a direction went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Went {
    Nowhere,
    Somewhere,
    /// There is more.
    On,
}

impl Tunnel {
    pub(crate) fn new(
        (link, ticket, group): (Link, Ticket, Arc<str>),
        to_server: Outbox,
        to_client: Outbox,
        idle: Duration,
        now: Moment,
    ) -> Self {
        let way = |out| Way {
            out,
            ..Way::default()
        };
        Self {
            link,
            ticket,
            group,
            up: way(to_server),
            down: way(to_client),
            idle,
            deadline: now.after(idle),
        }
    }

    /// What follows the answer 101; nothing if the backend is gone.
    pub(crate) fn upgraded(
        exchange: Exchange,
        input: Vec<u8>,
        output: Outbox,
        now: Moment,
    ) -> Option<Self> {
        let (link, ticket) = exchange.link.zip(exchange.ticket)?;
        let idle = Duration::from_millis(exchange.route.time_outs.tunnel_ms);
        let to_server = Outbox::of(input);
        Some(Self::new(
            (link, ticket, exchange.group),
            to_server,
            output,
            idle,
            now,
        ))
    }

    pub(crate) fn drive(&mut self, peer: &mut Peer, core: &mut Core) -> Turn {
        let up = self
            .up
            .pump(&mut peer.socket, &mut self.link.socket, &mut core.scratch);
        let down = self
            .down
            .pump(&mut self.link.socket, &mut peer.socket, &mut core.scratch);
        let (Ok(up), Ok(down)) = (up, down) else {
            // What broke on one side must not look like an end on the other.
            peer.socket.break_off();
            self.link.socket.break_off();
            return Turn::Over;
        };
        let is_sending = peer.socket.is_sending() || self.link.socket.is_sending();
        if self.up.is_told && (self.down.is_told || mutated("ends-both")) && !is_sending {
            return Turn::Over;
        }
        if up != Went::Nowhere || down != Went::Nowhere {
            self.deadline = core.now.after(self.idle);
        }
        if up == Went::On || down == Went::On {
            core.again.push(peer.session);
        }
        Turn::Open
    }

    /// Its connection and its place at the backend go back. How long it was open says nothing of how quick the backend is.
    pub(crate) fn end(self, core: &mut Core) {
        core.finish(&self.group, self.ticket, Outcome::Cancelled);
        core.drop_link(self.link);
    }
}

impl Way {
    fn pump(&mut self, from: &mut Socket, to: &mut Socket, scratch: &mut [u8]) -> io::Result<Went> {
        let mut went = Went::Nowhere;
        for _ in 0..READS_MAX {
            if self.flush(to)? {
                went = Went::Somewhere;
            }
            if !self.is_empty() {
                return Ok(went);
            }
            if self.has_ended {
                if !self.is_told {
                    to.end();
                    self.is_told = true;
                }
                return Ok(went);
            }
            match self.take(from, to, scratch)? {
                Got::Nothing => return Ok(went),
                Got::End => self.has_ended = true,
                Got::Bytes(_) => went = Went::Somewhere,
            }
        }
        Ok(Went::On)
    }

    /// Sends what waits; true if something went.
    fn flush(&mut self, to: &mut Socket) -> io::Result<bool> {
        let any = self.out.flush(to)?;
        match &mut self.pipe {
            Some(pipe) if self.out.is_empty() => Ok(pipe.give(to)? || any),
            _ => Ok(any),
        }
    }

    fn is_empty(&self) -> bool {
        self.out.is_empty() && self.pipe.as_ref().is_none_or(Pipe::is_empty)
    }

    fn take(&mut self, from: &mut Socket, to: &mut Socket, scratch: &mut [u8]) -> io::Result<Got> {
        if let Some(pipe) = &mut self.pipe {
            return pipe.take(from);
        }
        let got = from.read(scratch)?;
        if let Got::Bytes(bytes) = got {
            self.out.pass(&scratch[..bytes], to)?;
            self.full = if bytes == scratch.len() {
                self.full + 1
            } else {
                0
            };
            if self.full == FULL_READS && !from.is_secure() && !to.is_secure() {
                self.pipe = Pipe::new();
            }
        }
        Ok(got)
    }
}
