//! A client's connection that speaks HTTP/1.1: requests in turn, each an exchange.

use std::sync::Arc;
use std::time::Duration;

use synod_balance::Moment;
use synod_balance::sticky::Token;
use xxhash_rust::xxh3::xxh3_64;

use crate::config::HashOn;
use crate::core::Core;
use crate::exchange::{Exchange, Failure, Peer, Progress, Question};
use crate::http::answer::{self, Reason};
use crate::http::body::Body;
use crate::http::edits::{self, Hop};
use crate::http::field::Known;
use crate::http::framing::Framing;
use crate::http::head::{self, Field};
use crate::http::request::Request;
use crate::mutation::mutated;
use crate::plan::{self, Route};
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
    ending: Ending,
    pub(crate) deadline: Moment,
}

impl Http {
    pub(crate) fn new(place: Arc<Place>, input: Vec<u8>, now: Moment) -> Self {
        let deadline = now.after(place.head_time);
        Self {
            place,
            input,
            seen: 0,
            output: Outbox::default(),
            exchange: None,
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
            if self.exchange.is_none() && self.output.is_empty() {
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
                Err(Failure::Reason(reason)) => self.answer(reason, &exchange, core),
                Err(Failure::Broken) => return Turn::Over,
            }
            return self.drive(peer, core);
        }
        if self.input.is_empty() || !self.output.is_empty() {
            return Turn::Over;
        }
        self.answer_early(Reason::HeadTimeOut, false, core);
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
                self.answer_early(Reason::Bad(bad), false, core);
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
        let input = std::mem::take(&mut self.input);
        let mut fields = std::mem::take(&mut core.fields);
        let head = &input[..end];
        match Request::parse(head, &mut fields) {
            Ok(request) => self.route(head, (&request, &fields), peer, core),
            Err(bad) => self.answer_early(Reason::Bad(bad), false, core),
        }
        core.fields = fields;
        self.input = input;
        self.input.drain(..end);
        if self.input.is_empty() && self.input.capacity() > KEPT_BYTES_MAX {
            self.input = Vec::new();
        }
    }

    fn route(&mut self, head: &[u8], parsed: (&Request, &[Field]), peer: &Peer, core: &mut Core) {
        let request = parsed.0;
        let has_body = !matches!(request.framing, Framing::Absent | Framing::Length(0));
        let may_go_on = request.keeps_alive && !has_body;
        let is_of_head = &head[request.method.clone()] == b"HEAD";
        let Some(route) = core
            .plan
            .route(&self.place.listener, head, parsed)
            .map(Arc::clone)
        else {
            return self.answer_or_close(Reason::NoRoute, is_of_head, may_go_on, core);
        };
        if route.has_limit()
            && let Err(refusal) = route.admit(hash_of_source(peer), core.now)
        {
            return self.answer_or_close(Reason::Refused(refusal), is_of_head, may_go_on, core);
        }
        if let Some(redirect) = &route.redirect {
            let location = plan::location(redirect, head, request);
            self.settle(may_go_on && !core.is_draining);
            let closes = self.ending != Ending::None;
            answer::redirect(&mut self.output.bytes, redirect.status, &location, closes);
            return;
        }
        let Some(place) = route.split.choose(&mut core.draws) else {
            return self.answer_or_close(Reason::NoRoute, is_of_head, may_go_on, core);
        };
        let token = route
            .sticky
            .as_ref()
            .and_then(|name| token(name, head, parsed.1));
        let group =
            sticky_group(&route, token, core).unwrap_or_else(|| Arc::clone(&route.to[place]));
        let exchange = self.exchange(head, parsed, (route, group, token), peer, core);
        self.exchange = Some(Box::new(exchange));
    }

    fn exchange(
        &self,
        head: &[u8],
        (request, fields): (&Request, &[Field]),
        (route, group, token): (Arc<Route>, Arc<str>, Option<Token>),
        peer: &Peer,
        core: &Core,
    ) -> Exchange {
        let method = &head[request.method.clone()];
        let hash = hash(&route.hash_on, head, (request, fields), peer);
        let question = Question {
            asked: synod_balance::Asked {
                hash: Some(hash),
                token,
                ..synod_balance::Asked::default()
            },
            is_1_1: request.is_1_1,
            is_of_head: method == b"HEAD",
            is_idempotent: Request::is_idempotent(method),
            keeps_alive: request.keeps_alive && !core.is_draining,
            upgrade: request.upgrade.clone().map(|it| head[it].into()),
        };
        let prefix = route.replace_prefix.as_ref();
        let hop = Hop {
            client: peer.address.ip(),
            is_tls: false,
            prefix: prefix.map(|(length, by)| (*length, &**by)),
            trusts_client: self.place.trusts_clients,
        };
        let mut out = Vec::with_capacity(head.len() + 256);
        edits::request(
            &mut out,
            head,
            (request, fields),
            &route.request_edits,
            &hop,
        );
        let body = match request.framing {
            Framing::Absent => Body::Done,
            Framing::Length(length) => Body::of_length(length),
            Framing::Chunked => Body::chunked(),
        };
        route.budget.request(core.now);
        Exchange::new(route, group, question, (out, body), core.now)
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
                self.answer(reason, &exchange, core);
                Step::Again
            }
            Err(Failure::Broken) => Step::Over,
        }
    }

    /// Answers for an exchange that failed.
    fn answer(&mut self, reason: Reason, exchange: &Exchange, core: &Core) {
        let may_go_on = exchange.body.is_done() && !exchange.closes;
        self.answer_or_close(reason, exchange.question.is_of_head, may_go_on, core);
    }

    fn answer_or_close(&mut self, reason: Reason, is_of_head: bool, may_go_on: bool, core: &Core) {
        self.settle(may_go_on && !core.is_draining);
        self.answer_early(reason, is_of_head, core);
    }

    fn settle(&mut self, may_go_on: bool) {
        self.ending = if may_go_on {
            Ending::None
        } else {
            Ending::Linger
        };
    }

    /// Answers, and closes where what follows cannot be told from what came.
    fn answer_early(&mut self, reason: Reason, is_of_head: bool, core: &Core) {
        core.counts.own_answers.add(1);
        if matches!(
            reason,
            Reason::Bad(_) | Reason::HeadTimeOut | Reason::BodyTimeOut
        ) {
            self.ending = Ending::Linger;
        }
        let closes = self.ending != Ending::None;
        answer::write(&mut self.output.bytes, reason, is_of_head, closes);
        self.deadline = core.now.after(self.place.keep_alive_time);
    }
}

/// The token that the cookie of this name carries.
fn token(name: &[u8], head: &[u8], fields: &[Field]) -> Option<Token> {
    let cookies = fields.iter().filter(|it| it.known == Known::Cookie);
    let mut pairs = cookies.flat_map(|it| it.value(head).split(|byte| *byte == b';'));
    pairs.find_map(|pair| {
        let value = pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"=")?;
        Token::parse(value)
    })
}

/// The group of the backend that the token names. Weights decide where new sessions go only: this one stays.
fn sticky_group(route: &Route, token: Option<Token>, core: &Core) -> Option<Arc<str>> {
    let token = token.filter(|_| !mutated("sticky-by-weight"))?;
    let has = |name: &&Arc<str>| {
        let group = core.groups.get(&***name);
        group.is_some_and(|it| it.balancer.view().stuck_to(token).is_some())
    };
    route.to.iter().find(has).map(Arc::clone)
}

fn hash(on: &HashOn, head: &[u8], (request, fields): (&Request, &[Field]), peer: &Peer) -> u64 {
    let source = || hash_of_source(peer);
    match on {
        HashOn::Source => source(),
        HashOn::Path => xxh3_64(plan::path(&head[request.target.clone()])),
        HashOn::Header(name) => {
            let is_it = |it: &&Field| it.name(head).eq_ignore_ascii_case(name.as_bytes());
            fields
                .iter()
                .find(is_it)
                .map_or_else(source, |it| xxh3_64(it.value(head)))
        }
    }
}

fn hash_of_source(peer: &Peer) -> u64 {
    match peer.address.ip() {
        std::net::IpAddr::V4(ip) => xxh3_64(&ip.octets()),
        std::net::IpAddr::V6(ip) => xxh3_64(&ip.octets()),
    }
}
