//! One request and its answer, by way of a backend.
//!
//! Steps, each repeated until it waits for somebody: a backend is chosen and connected to (`connecting`), the request goes there while
//! its body comes (`sending`), the answer comes and goes to the client (`receiving`). What goes wrong before anything of an answer
//! went to the client may be tried again elsewhere (`retrying`); after that, the client's connection breaks, since there is nothing true
//! left to say.

mod connecting;
mod receiving;
mod retrying;
mod sending;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use synod_balance::{Asked, Moment, Outcome, Ticket};

use crate::core::{Core, Link};
use crate::http::answer::Reason;
use crate::http::body::Body;
use crate::mutation::mutated;
use crate::plan::Route;
use crate::socket::{Outbox, Socket};

/// A client's connection, as far as an exchange is concerned.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) socket: Socket,
    /// Who it is; of a PROXY header, if there was one.
    pub(crate) address: SocketAddr,
    /// Where it came to.
    pub(crate) local: SocketAddr,
    /// The session's number.
    pub(crate) session: usize,
}

/// How far a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Something happened: another step may do more.
    Some,
    /// All waits for an event.
    None,
    /// The answer is whole.
    Done,
    /// Another protocol follows.
    Tunnel,
}

/// Why an exchange ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing of an answer went out: this is told.
    Reason(Reason),
    /// The client is gone, or its answer is broken off.
    Broken,
}

/// How far the answer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Its head has not come.
    Head,
    /// Its head is out; this is left of its body.
    Body(Body),
}

/// What a client asked for, apart from its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) asked: Asked,
    pub(crate) is_1_1: bool,
    pub(crate) is_of_head: bool,
    pub(crate) is_idempotent: bool,
    pub(crate) keeps_alive: bool,
    /// The protocol that it wants to go over to.
    pub(crate) upgrade: Option<Box<[u8]>>,
}

/// An exchange under way.
///
/// 1. `ticket` is there from the choice of a backend to the end of the attempt, and is ended exactly once.
/// 2. While `is_replayable`, `request` holds all that a backend was sent.
/// 3. Once `answer` is not [`Answer::Head`], nothing is tried again.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) route: Arc<Route>,
    pub(crate) group: Arc<str>,
    pub(crate) question: Question,
    /// For the backend: the head, and what there is of the body.
    pub(crate) request: Vec<u8>,
    /// What goes before it: a PROXY header.
    preface: Vec<u8>,
    sent: usize,
    is_replayable: bool,
    /// What is to come of the request's body.
    pub(crate) body: Body,
    /// All of the request went out.
    is_sent: bool,
    /// The backend takes no more of the request; it may have answered.
    is_cut: bool,
    pub(crate) link: Option<Link>,
    pub(crate) ticket: Option<Ticket>,
    attempts: u32,
    stale: u32,
    /// Why the last attempt failed.
    last: Option<Reason>,
    pub(crate) answer: Answer,
    /// Of an answer's head that is not all there.
    received: Vec<u8>,
    seen: usize,
    pub(crate) status: u16,
    /// The backend's connection may be used again.
    is_reusable: bool,
    /// The client's connection ends behind the answer.
    pub(crate) closes: bool,
    pub(crate) deadline: Moment,
}

/// So many unanswered requests over connections that had been closed meanwhile are repeated without being counted.
const STALE_MAX: u32 = 2;
/// Requests that are longer are not sent twice.
const REPLAY_BYTES_MAX: usize = 64 * 1024;

impl Exchange {
    pub(crate) fn new(
        route: Arc<Route>,
        group: Arc<str>,
        question: Question,
        (request, body): (Vec<u8>, Body),
        now: Moment,
    ) -> Self {
        let closes = !question.keeps_alive;
        Self {
            attempts: route.attempts,
            deadline: now.after(route.connect_time()),
            route,
            group,
            question,
            request,
            preface: Vec::new(),
            sent: 0,
            is_replayable: true,
            body,
            is_sent: false,
            is_cut: false,
            link: None,
            ticket: None,
            stale: 0,
            last: None,
            answer: Answer::Head,
            received: Vec::new(),
            seen: 0,
            status: 0,
            is_reusable: false,
            closes,
        }
    }

    /// Does what can be done now.
    pub(crate) fn step(
        &mut self,
        input: &mut Vec<u8>,
        output: &mut Outbox,
        peer: &mut Peer,
        core: &mut Core,
    ) -> Result<Progress, Failure> {
        if self.link.is_none() {
            self.connect(peer, core)?;
        }
        if !self.is_connected(core)? {
            let is_retried = self.link.is_none();
            return Ok(if is_retried {
                Progress::Some
            } else {
                Progress::None
            });
        }
        let mut any = self.send(core.now);
        any |= self.take_body(input, peer, core)?;
        any |= self.send(core.now);
        match self.receive(output, peer, core)? {
            Progress::None if any => Ok(Progress::Some),
            progress => Ok(progress),
        }
    }

    /// True if the answer is whole.
    fn is_answered(&self) -> bool {
        matches!(&self.answer, Answer::Body(body) if body.is_done())
    }

    /// The request's part is over: the backend's figures and connection go back. True if the client sent all that it announced.
    pub(crate) fn end(&mut self, core: &mut Core) -> bool {
        let is_whole = self.body.is_done() && self.is_sent;
        if let Some(ticket) = self.ticket.take() {
            let outcome = if self.status >= 500 && self.status != 501 {
                Outcome::Failure
            } else {
                Outcome::Success
            };
            core.finish(&self.group, ticket, outcome);
        }
        if let Some(link) = self.link.take() {
            if self.is_reusable && is_whole && !self.is_cut && !link.socket.is_spoiled() {
                core.keep(link);
            } else {
                core.drop_link(link);
            }
        }
        is_whole
    }

    /// Gives up, for a reason that says nothing of the backend.
    pub(crate) fn abandon(&mut self, core: &mut Core) {
        if let Some(ticket) = self.ticket.take() {
            core.finish(&self.group, ticket, Outcome::Cancelled);
        }
        if let Some(link) = self.link.take() {
            core.drop_link(link);
        }
    }

    /// The client took some of the answer: it is there.
    pub(crate) fn went(&mut self, now: Moment) {
        if self.answer != Answer::Head {
            self.deadline = self.idle_deadline(now);
        }
    }

    /// A phase took too long. Where some of the answer waits for the client, it is the client that is slow: its backend is not blamed.
    pub(crate) fn time_out(&mut self, is_for_client: bool, core: &mut Core) -> Result<(), Failure> {
        let is_made = self.link.as_ref().is_some_and(|it| it.is_made);
        match (&self.answer, is_made) {
            (Answer::Body(_), _) if is_for_client && !mutated("slow-client-blames") => {
                self.abandon(core);
                Err(Failure::Broken)
            }
            (Answer::Body(_), _) => self.fail(Reason::AnswerTimeOut, core),
            (Answer::Head, false) => self.fail(Reason::ConnectTimeOut, core),
            // Either the client does not send, or the backend does not take.
            (Answer::Head, true) if !self.body.is_done() && self.sent == self.request.len() => {
                self.abandon(core);
                Err(Failure::Reason(Reason::BodyTimeOut))
            }
            (Answer::Head, true) => self.fail(Reason::AnswerTimeOut, core),
        }
    }

    fn idle_deadline(&self, now: Moment) -> Moment {
        now.after(Duration::from_millis(self.route.time_outs.idle_ms))
    }
}
