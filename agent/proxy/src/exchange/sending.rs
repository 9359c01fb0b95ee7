//! The request goes to the backend, while its body comes from the client.

use std::time::Duration;

use synod_balance::Moment;

use crate::core::Core;
use crate::http::answer::Reason;
use crate::http::body::Body;
use crate::mutation::mutated;
use crate::socket::Got;

use super::{Answer, Exchange, Failure, Peer, REPLAY_BYTES_MAX};

impl Exchange {
    /// Sends what there is; true if something went.
    pub(super) fn send(&mut self, now: Moment) -> bool {
        let Some(link) = &mut self.link else {
            return false;
        };
        if self.is_sent || self.is_cut || !link.socket.is_writable() {
            return false;
        }
        if !self.preface.is_empty() {
            match link.socket.write(&self.preface) {
                // The first bytes of a connection find room.
                Ok(written) if written == self.preface.len() => self.preface.clear(),
                _ => {
                    self.is_cut = true;
                    return true;
                }
            }
        }
        let before = self.sent;
        match link.socket.write(&self.request[self.sent..]) {
            Ok(written) => self.sent += written,
            // Perhaps it answered before it closed: that is seen by reading.
            Err(_) => self.is_cut = true,
        }
        let is_through = self.sent == self.request.len();
        if is_through && self.body.is_done() {
            self.is_sent = true;
            self.deadline = now.after(Duration::from_millis(self.route.time_outs.answer_ms));
        } else if self.sent > before {
            self.deadline = self.idle_deadline(now);
        }
        self.sent > before
    }

    /// Takes more of the body, once the backend has what there was; true if there was some.
    pub(super) fn take_body(
        &mut self,
        input: &mut Vec<u8>,
        peer: &mut Peer,
        core: &mut Core,
    ) -> Result<bool, Failure> {
        if self.body.is_done() || self.is_cut || self.sent < self.request.len() {
            return Ok(false);
        }
        if self.request.len() > REPLAY_BYTES_MAX {
            self.is_replayable = false;
        }
        if !self.is_replayable {
            self.request.clear();
            self.sent = 0;
        }
        if !input.is_empty() {
            let used = self.relay(input, core)?;
            input.drain(..used);
            return Ok(used > 0);
        }
        match peer.socket.read(&mut core.scratch) {
            Ok(Got::Nothing) => Ok(false),
            Ok(Got::Bytes(bytes)) => {
                // As long as the client sends, its backend is not the one who is waited for.
                if let Some(ticket) = &mut self.ticket {
                    ticket.asked(core.now);
                }
                let scratch = std::mem::take(&mut core.scratch);
                let used = self.relay(&scratch[..bytes], core);
                if let Ok(used) = used {
                    input.extend_from_slice(&scratch[used..bytes]);
                }
                core.scratch = scratch;
                self.deadline = self.idle_deadline(core.now);
                used.map(|_| true)
            }
            Ok(Got::End) | Err(_) => {
                self.abandon(core);
                Err(Failure::Broken)
            }
        }
    }

    /// Puts what is of the body behind the request.
    fn relay(&mut self, bytes: &[u8], core: &mut Core) -> Result<usize, Failure> {
        let used = self.body.relay(bytes, &mut self.request);
        used.map_err(|bad| {
            self.body = Body::UntilClose;
            self.abandon(core);
            // In the middle of an answer another one would be taken for a part of it.
            match self.answer {
                Answer::Body(_) if !mutated("answer-in-answer") => Failure::Broken,
                _ => Failure::Reason(Reason::Bad(bad)),
            }
        })
    }
}
