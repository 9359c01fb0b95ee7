//! The answer comes from the backend and goes to the client.

use synod_balance::sticky::Token;

use crate::core::Core;
use crate::http::answer::Reason;
use crate::http::body::Body;
use crate::http::edits::{self, Onward};
use crate::http::field::Known;
use crate::http::framing::Framing;
use crate::http::head;
use crate::http::response::Response;
use crate::mutation::mutated;
use crate::socket::{Got, Outbox};

use super::{Answer, Exchange, Failure, Peer, Progress};

impl Exchange {
    /// Takes what came, once the client has what there was.
    pub(super) fn receive(
        &mut self,
        output: &mut Outbox,
        peer: &mut Peer,
        core: &mut Core,
    ) -> Result<Progress, Failure> {
        if self.is_answered() {
            return Ok(Progress::Done);
        }
        let Some(link) = self.link.as_mut().filter(|_| output.is_empty()) else {
            return Ok(Progress::None);
        };
        let mut scratch = std::mem::take(&mut core.scratch);
        let progress = match link.socket.read(&mut scratch) {
            Ok(Got::Nothing) => Ok(Progress::None),
            Ok(Got::Bytes(bytes)) => self.came(&scratch[..bytes], output, peer, core),
            Ok(Got::End)
                if self.answer == Answer::Body(Body::UntilClose)
                    || (self.answer != Answer::Head && mutated("half-is-whole")) =>
            {
                self.answer = Answer::Body(Body::Done);
                Ok(Progress::Done)
            }
            Ok(Got::End) | Err(_) => self.fail(Reason::Closed, core).map(|()| Progress::Some),
        };
        core.scratch = scratch;
        progress
    }

    fn came(
        &mut self,
        bytes: &[u8],
        output: &mut Outbox,
        peer: &mut Peer,
        core: &mut Core,
    ) -> Result<Progress, Failure> {
        if self.answer == Answer::Head {
            return self.heads(bytes, output, core);
        }
        self.deadline = self.idle_deadline(core.now);
        self.more(bytes, output, peer, core)
    }

    /// More of the body.
    fn more(
        &mut self,
        bytes: &[u8],
        output: &mut Outbox,
        peer: &mut Peer,
        core: &mut Core,
    ) -> Result<Progress, Failure> {
        let Answer::Body(body) = &mut self.answer else {
            return Ok(Progress::None);
        };
        let plain = body.plain(bytes.len());
        let used = if plain > 0 {
            // Straight on, without a copy.
            if output.pass(&bytes[..plain], &mut peer.socket).is_err() {
                self.abandon(core);
                return Err(Failure::Broken);
            }
            body.passed(plain);
            Ok(plain)
        } else {
            body.relay(bytes, &mut output.bytes)
        };
        match used {
            Ok(used) => Ok(self.used(used, bytes.len())),
            Err(_) => self.fail(Reason::BadAnswer, core).map(|()| Progress::Some),
        }
    }

    fn used(&mut self, used: usize, of: usize) -> Progress {
        // What follows an answer that nobody asked for spoils the connection.
        self.is_reusable &= used == of;
        if self.is_answered() {
            Progress::Done
        } else {
            Progress::Some
        }
    }

    /// Heads: interim ones, and the one that counts.
    fn heads(
        &mut self,
        bytes: &[u8],
        output: &mut Outbox,
        core: &mut Core,
    ) -> Result<Progress, Failure> {
        let mut kept = std::mem::take(&mut self.received);
        let mut bytes = bytes;
        if !kept.is_empty() {
            kept.extend_from_slice(bytes);
            bytes = &kept;
        }
        loop {
            let Ok(end) = head::end(bytes, self.seen) else {
                break self.fail(Reason::BadAnswer, core).map(|()| Progress::Some);
            };
            let Some(end) = end else {
                self.seen = bytes.len();
                self.received = bytes.to_vec();
                break Ok(Progress::Some);
            };
            self.seen = 0;
            match self.head(&bytes[..end], output, core) {
                Ok(None) => bytes = &bytes[end..],
                Ok(Some(Progress::Some)) => break self.begun(&bytes[end..], output, core),
                Ok(Some(progress)) => {
                    // What follows is the other protocol's.
                    output.bytes.extend_from_slice(&bytes[end..]);
                    break Ok(progress);
                }
                Err(failure) => break Err(failure),
            }
            if bytes.is_empty() {
                break Ok(Progress::Some);
            }
        }
    }

    /// The first of the body came with the head.
    fn begun(
        &mut self,
        rest: &[u8],
        output: &mut Outbox,
        core: &mut Core,
    ) -> Result<Progress, Failure> {
        let Answer::Body(body) = &mut self.answer else {
            // Another backend is asked.
            return Ok(Progress::Some);
        };
        match body.relay(rest, &mut output.bytes) {
            Ok(used) => Ok(self.used(used, rest.len())),
            Err(_) => self.fail(Reason::BadAnswer, core).map(|()| Progress::Some),
        }
    }

    /// One head. Nothing for an interim one.
    fn head(
        &mut self,
        head: &[u8],
        output: &mut Outbox,
        core: &mut Core,
    ) -> Result<Option<Progress>, Failure> {
        let mut fields = std::mem::take(&mut core.fields);
        let parsed = Response::parse(head, &mut fields);
        let result = match parsed {
            Err(_) => self
                .fail(Reason::BadAnswer, core)
                .map(|()| Some(Progress::Some)),
            Ok(response) if response.status == 101 && self.question.upgrade.is_none() => self
                .fail(Reason::BadAnswer, core)
                .map(|()| Some(Progress::Some)),
            // Who speaks HTTP/1.0 knows no chunks, and was asked for in HTTP/1.0.
            Ok(response) if response.framing == Framing::Chunked && !self.question.is_1_1 => self
                .fail(Reason::BadAnswer, core)
                .map(|()| Some(Progress::Some)),
            Ok(response) if response.is_interim() => {
                if self.question.is_1_1 {
                    let onward = self.onward(None, None);
                    let none = edits::Edits::default();
                    edits::response(
                        &mut output.bytes,
                        head,
                        (&response, &fields),
                        &none,
                        &onward,
                    );
                }
                Ok(None)
            }
            Ok(response) if self.turns_away(response.status, core) => Ok(Some(Progress::Some)),
            Ok(response) => Ok(Some(self.answer_head(
                head,
                (&response, &fields),
                output,
                core,
            ))),
        };
        core.fields = fields;
        result
    }

    fn answer_head(
        &mut self,
        head: &[u8],
        (response, fields): (&Response, &[head::Field]),
        output: &mut Outbox,
        core: &Core,
    ) -> Progress {
        let is_upgrade = response.status == 101;
        let body = response.body(self.question.is_of_head);
        self.status = response.status;
        // Chunks where no body may be: whether some follow is anybody's guess.
        let is_clear =
            !matches!(response.status, 204 | 304) || response.framing != Framing::Chunked;
        self.is_reusable = response.keeps_alive && body != Body::UntilClose && is_clear;
        let is_whole = self.body.is_done() && self.is_sent;
        self.closes |= core.is_draining || body == Body::UntilClose || !is_whole;
        if let Some(ticket) = &mut self.ticket {
            ticket.answered(core.now);
            // A tunnel's end says nothing, so its beginning does.
            if is_upgrade {
                ticket.taken();
            }
        }
        self.deadline = self.idle_deadline(core.now);
        let cookie = self.cookie(core);
        // The backend says which one of those that were offered it speaks.
        let chosen = fields.iter().find(|it| it.known == Known::Upgrade);
        let chosen = chosen.map(|it| it.value(head));
        let upgrade = chosen.or(self.question.upgrade.as_deref());
        let upgrade = upgrade.filter(|_| is_upgrade);
        let onward = self.onward(upgrade, cookie.as_deref());
        let edits = &self.route.response_edits;
        edits::response(&mut output.bytes, head, (response, fields), edits, &onward);
        self.answer = Answer::Body(body);
        if is_upgrade {
            Progress::Tunnel
        } else {
            Progress::Some
        }
    }

    const fn onward<'a>(&self, upgrade: Option<&'a [u8]>, cookie: Option<&'a [u8]>) -> Onward<'a> {
        Onward {
            is_1_1: self.question.is_1_1,
            closes: self.closes,
            upgrade,
            cookie,
        }
    }

    /// The line that binds the client to this backend, if it is not bound already.
    fn cookie(&self, core: &Core) -> Option<Vec<u8>> {
        let name = self.route.sticky.as_ref()?;
        let token = Token::of(self.ticket.as_ref()?.backend().name(), core.secret);
        if self.question.asked.token == Some(token) {
            return None;
        }
        let name = String::from_utf8_lossy(name);
        Some(format!("set-cookie: {name}={token}; Path=/; HttpOnly; SameSite=Lax\r\n").into_bytes())
    }
}
