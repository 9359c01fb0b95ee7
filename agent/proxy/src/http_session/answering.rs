//! Answers of the proxy's own; and what is counted and logged of all.

use std::sync::Arc;
use std::time::SystemTime;

use crate::access::Entry;
use crate::core::Core;
use crate::exchange::{Exchange, Peer};
use crate::http::answer::{self, Reason};

use super::{Ending, Http};

impl Http {
    /// Answers for an exchange that failed.
    pub(super) fn answer(&mut self, reason: Reason, exchange: &Exchange, peer: &Peer, core: &Core) {
        let may_go_on = exchange.body.is_done() && !exchange.closes;
        self.answer_or_close(reason, exchange.question.is_of_head, may_go_on, peer, core);
    }

    pub(super) fn answer_or_close(
        &mut self,
        reason: Reason,
        is_of_head: bool,
        may_go_on: bool,
        peer: &Peer,
        core: &Core,
    ) {
        self.settle(may_go_on && !core.is_draining);
        self.answer_early(reason, is_of_head, peer, core);
    }

    /// An exchange is over.
    pub(super) fn exchanged(
        &mut self,
        exchange: &Exchange,
        is_broken: bool,
        peer: &Peer,
        core: &Core,
    ) {
        let server = exchange.ticket.as_ref().map(|it| it.backend().name());
        let whom = (Some(&exchange.group), server);
        self.done(exchange.status, whom, is_broken, peer, core);
    }

    /// A request is over: it is counted, and logged.
    pub(super) fn done(
        &mut self,
        status: u16,
        (group, server): (Option<&Arc<str>>, Option<&Arc<str>>),
        is_broken: bool,
        peer: &Peer,
        core: &Core,
    ) {
        let took = core.now.since(self.began);
        if let Some(route) = &self.route {
            route.figures.record(core.thread, status, took);
        }
        if let Some(group) = group.and_then(|it| core.groups.get(it)) {
            group.figures.record(core.thread, status, took);
        }
        core.log(|| Entry {
            at: SystemTime::now(),
            client: peer.address,
            line: self.line.take().map(|it| *it).unwrap_or_default(),
            route: self.route.as_ref().map(|it| Arc::clone(&it.name)),
            server: server.cloned(),
            status,
            took,
            is_broken,
        });
    }

    pub(super) fn settle(&mut self, may_go_on: bool) {
        self.ending = if may_go_on {
            Ending::None
        } else {
            Ending::Linger
        };
    }

    /// Answers, and closes where what follows cannot be told from what came.
    pub(super) fn answer_early(
        &mut self,
        reason: Reason,
        is_of_head: bool,
        peer: &Peer,
        core: &Core,
    ) {
        core.counts.own_answers.add(1);
        self.done(reason.status().0, (None, None), false, peer, core);
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
