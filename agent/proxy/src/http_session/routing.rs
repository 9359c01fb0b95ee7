//! Where a request goes.

use std::sync::Arc;

use synod_balance::sticky::Token;
use xxhash_rust::xxh3::xxh3_64;

use crate::access::Line;
use crate::config::HashOn;
use crate::core::Core;
use crate::exchange::{Exchange, Peer, Question};
use crate::http::answer::{self, Reason};
use crate::http::body::Body;
use crate::http::edits::{self, Hop};
use crate::http::field::Known;
use crate::http::framing::Framing;
use crate::http::head::Field;
use crate::http::request::Request;
use crate::mutation::mutated;
use crate::plan::{self, Route};

use super::{Ending, Http};

impl Http {
    pub(super) fn route(
        &mut self,
        head: &[u8],
        parsed: (&Request, &[Field]),
        peer: &Peer,
        core: &mut Core,
    ) {
        let request = parsed.0;
        let has_body = !matches!(request.framing, Framing::Absent | Framing::Length(0));
        let may_go_on = request.keeps_alive && !has_body;
        if core.log.is_some() {
            let part = |it: &std::ops::Range<usize>| &head[it.clone()];
            let (method, host) = (part(&request.method), part(&request.host));
            self.line = Some(Box::new(Line::new(method, host, part(&request.target))));
        }
        let is_of_head = &head[request.method.clone()] == b"HEAD";
        let Some(route) = core
            .plan
            .route(&self.place.listener, head, parsed)
            .map(Arc::clone)
        else {
            return self.answer_or_close(Reason::NoRoute, is_of_head, may_go_on, peer, core);
        };
        self.route = Some(Arc::clone(&route));
        if route.has_limit()
            && let Err(refusal) = route.admit(hash_of_source(peer), core.now)
        {
            let reason = Reason::Refused(refusal);
            return self.answer_or_close(reason, is_of_head, may_go_on, peer, core);
        }
        if let Some(redirect) = &route.redirect {
            let location = plan::location(redirect, head, request, peer.socket.is_secure());
            self.settle(may_go_on && !core.is_draining);
            let closes = self.ending != Ending::None;
            answer::redirect(&mut self.output.bytes, redirect.status, &location, closes);
            self.done(redirect.status, (None, None), false, peer, core);
            return;
        }
        let Some(place) = route.split.choose(&mut core.draws) else {
            return self.answer_or_close(Reason::NoRoute, is_of_head, may_go_on, peer, core);
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
            is_tls: peer.socket.is_secure(),
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
