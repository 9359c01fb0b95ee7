//! A client's connection that speaks HTTP/1.1: requests in turn, each an exchange.

mod answering;
mod routing;

use std::sync::Arc;
use std::time::Duration;

use synod_balance::Moment;

use crate::access::Line;
use crate::core::Core;
use crate::exchange::{Exchange, Failure, Peer, Progress};
use crate::http::answer::Reason;
use crate::http::head;
use crate::http::request::Request;
use crate::mutation::mutated;
use crate::plan::Route;
use crate::session::{Step, Turn};
use crate::socket::{Got, KEPT_BYTES_MAX, Outbox};
use crate::tunnel::Tunnel;

/// While the proxy drains, for so long only.
const DRAIN_IDLE_TIME: Duration = Duration::from_secs(1);
/// A connection goes on for so many steps before others have their turn.
const STEPS_MAX: usize = 64;

/// How the connection ends once all is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    None,
    Close,
    /// The client may still be sending: it is waited for, or the answer would be lost (RFC 9112, section 9.6).
    Linger,
}

/// What is known of where the connection came to.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) listener: String,
    pub(crate) trusts_clients: bool,
    /// A head is to come within this time of its first byte.
    pub(crate) head_time: Duration,
    /// A connection may be unused for so long.
    pub(crate) keep_alive_time: Duration,
}

/// A client's connection.
#[derive(Debug)]
pub(crate) struct Http {
    place: Arc<Place>,
    input: Vec<u8>,
    seen: usize,
    output: Outbox,
    exchange: Option<Box<Exchange>>,
    /// The request that is answered: when its head was there, what is logged of it, and its route.
    began: Moment,
    line: Option<Box<Line>>,
    route: Option<Arc<Route>>,
    ending: Ending,
    pub(crate) deadline: Moment,
}

impl Http {
    pub(crate) fn new(place: Arc<Place>, now: Moment) -> Self {
        let deadline = now.after(place.head_time);
        Self {
            place,
            input: Vec::new(),
            seen: 0,
            output: Outbox::default(),
            exchange: None,
            began: now,
            line: None,
            route: None,
            ending: Ending::None,
            deadline,
        }
    }

    /// Does what can be done now.
    pub(crate) fn drive(&mut self, peer: &mut Peer, core: &mut Core) -> Turn {
        if peer.socket.is_broken() && !mutated("deserted-goes-on") {
            return self.over(core);
        }
        for _ in 0..STEPS_MAX {
            match self.output.flush(&mut peer.socket) {
                Ok(true) => self.went(core.now),
                Ok(false) => {}
                Err(_) => return self.over(core),
            }
            if self.exchange.is_none() && self.output.is_empty() && !peer.socket.is_sending() {
                match self.ending {
                    Ending::None => {}
                    Ending::Close => return Turn::Over,
                    Ending::Linger => return Turn::Linger,
                }
            }
            let step = match self.exchange.take() {
                None => self.begin(peer, core),
                Some(exchange) => self.go_on(exchange, peer, core),
            };
            match step {
                Step::Again => {}
                Step::Wait => return Turn::Open,
                Step::Over => return self.over(core),
                Step::Tunnel(tunnel) => return Turn::Tunnel(tunnel),
            }
        }
        core.again.push(peer.session);
        Turn::Open
    }

    /// The client took something.
    fn went(&mut self, now: Moment) {
        if let Some(exchange) = &mut self.exchange {
            exchange.went(now);
        }
    }

    fn over(&mut self, core: &mut Core) -> Turn {
        if let Some(exchange) = &mut self.exchange {
            exchange.abandon(core);
        }
        Turn::Over
    }

    /// Ends it, whatever it is doing.
    pub(crate) fn abandon(&mut self, core: &mut Core) {
        self.over(core);
    }

    /// The exchange's connection, for events of it.
    pub(crate) fn upstream(&mut self) -> Option<&mut crate::socket::Socket> {
        let link = self.exchange.as_mut()?.link.as_mut()?;
        Some(&mut link.socket)
    }

    /// True if nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.exchange.is_none() && self.input.is_empty() && self.output.is_empty()
    }

    /// Gives back the buffers of one that waits.
    pub(crate) fn slim(&mut self) {
        if self.is_idle() && self.input.capacity() + self.output.bytes.capacity() > 0 {
            self.input = Vec::new();
            self.output = Outbox::default();
        }
    }

    /// A phase took too long.
    pub(crate) fn time_out(&mut self, peer: &mut Peer, core: &mut Core) -> Turn {
        if let Some(mut exchange) = self.exchange.take() {
            match exchange.time_out(!self.output.is_empty(), core) {
                Ok(()) => self.exchange = Some(exchange),
                Err(Failure::Reason(reason)) => self.answer(reason, &exchange, peer, core),
                Err(Failure::Broken) => {
                    self.exchanged(&exchange, true, peer, core);
                    peer.socket.break_off();
                    return Turn::Over;
                }
            }
            return self.drive(peer, core);
        }
        if self.input.is_empty() || !self.output.is_empty() {
            return Turn::Over;
        }
        (self.began, self.line, self.route) = (core.now, None, None);
        self.answer_early(Reason::HeadTimeOut, false, peer, core);
        self.drive(peer, core)
    }

    /// Waits for a request, and begins it.
    fn begin(&mut self, peer: &mut Peer, core: &mut Core) -> Step {
        if self.ending != Ending::None || !self.output.is_empty() {
            return Step::Wait;
        }
        if self.seen == 0 && self.input.starts_with(b"\r\n") {
            // One empty line is ignored (RFC 9112, section 2.2).
            self.input.drain(..2);
        }
        match head::end(&self.input, self.seen) {
            Ok(Some(end)) => {
                self.seen = 0;
                self.request(end, peer, core);
                Step::Again
            }
            Ok(None) => {
                self.seen = self.input.len();
                self.read(peer, core)
            }
            Err(bad) => {
                (self.began, self.line, self.route) = (core.now, None, None);
                self.answer_early(Reason::Bad(bad), false, peer, core);
                Step::Again
            }
        }
    }

    fn read(&mut self, peer: &mut Peer, core: &mut Core) -> Step {
        match peer.socket.read(&mut core.scratch) {
            Ok(Got::Bytes(bytes)) => {
                if self.input.is_empty() {
                    self.deadline = core.now.after(self.place.head_time);
                }
                self.input.extend_from_slice(&core.scratch[..bytes]);
                Step::Again
            }
            Ok(Got::Nothing) => Step::Wait,
            Ok(Got::End) | Err(_) => Step::Over,
        }
    }

    /// A whole head is there.
    fn request(&mut self, end: usize, peer: &Peer, core: &mut Core) {
        core.counts.requests.add(1);
        (self.began, self.line, self.route) = (core.now, None, None);
        let input = std::mem::take(&mut self.input);
        let mut fields = std::mem::take(&mut core.fields);
        let head = &input[..end];
        match Request::parse(head, &mut fields) {
            Ok(request) => self.route(head, (&request, &fields), peer, core),
            Err(bad) => self.answer_early(Reason::Bad(bad), false, peer, core),
        }
        core.fields = fields;
        self.input = input;
        self.input.drain(..end);
        if self.input.is_empty() && self.input.capacity() > KEPT_BYTES_MAX {
            self.input = Vec::new();
        }
    }

    fn go_on(&mut self, mut exchange: Box<Exchange>, peer: &mut Peer, core: &mut Core) -> Step {
        let progress = exchange.step(&mut self.input, &mut self.output, peer, core);
        self.deadline = exchange.deadline;
        match progress {
            Ok(Progress::Some) => {
                self.exchange = Some(exchange);
                Step::Again
            }
            Ok(Progress::None) => {
                self.exchange = Some(exchange);
                Step::Wait
            }
            Ok(Progress::Done) => {
                self.exchanged(&exchange, false, peer, core);
                let is_whole = exchange.end(core);
                self.ending = match (is_whole, exchange.closes) {
                    (false, _) => Ending::Linger,
                    // What a client sent on would reset the connection, and its answer with it.
                    (true, true) if core.is_draining => Ending::Linger,
                    (true, true) => Ending::Close,
                    (true, false) => Ending::None,
                };
                let idle = if !self.input.is_empty() {
                    // The next head has begun.
                    self.place.head_time
                } else if core.is_draining {
                    DRAIN_IDLE_TIME
                } else {
                    self.place.keep_alive_time
                };
                self.deadline = core.now.after(idle);
                Step::Again
            }
            Ok(Progress::Tunnel) => {
                self.exchanged(&exchange, false, peer, core);
                let (input, output) = (
                    std::mem::take(&mut self.input),
                    std::mem::take(&mut self.output),
                );
                match Tunnel::upgraded(*exchange, input, output, core.now) {
                    Some(tunnel) => Step::Tunnel(Box::new(tunnel)),
                    None => Step::Over,
                }
            }
            Err(Failure::Reason(reason)) => {
                self.answer(reason, &exchange, peer, core);
                Step::Again
            }
            Err(Failure::Broken) => {
                self.exchanged(&exchange, true, peer, core);
                peer.socket.break_off();
                Step::Over
            }
        }
    }
}
