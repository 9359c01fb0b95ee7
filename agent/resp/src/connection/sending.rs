//! What a connection is to be sent, and when.

use std::sync::Arc;

use mio::{Interest, Registry};

use super::{Connection, SHARED_FROM, State};
use crate::Shared;
use crate::limits::Class;

impl Connection {
    /// Sends what it did not ask for, behind whole replies; whether it has to be written now.
    pub(crate) fn push(&mut self, bytes: &Arc<Vec<u8>>) -> bool {
        if bytes.len() < SHARED_FROM {
            self.session.reply.raw(bytes);
        } else {
            self.session.reply.raw_shared(bytes, 0..bytes.len());
        }
        if let Some(listening) = &mut self.session.listening {
            listening.pushed += bytes.len();
        }
        !std::mem::replace(&mut self.is_pushed, true)
    }

    /// The one is gone that is told instead of it.
    pub(crate) fn lost_redirect(&mut self) {
        let listening = self.session.listening.as_mut();
        if let Some(tracking) = listening.and_then(|it| it.tracking.as_mut()) {
            tracking.is_broken = true;
        }
    }

    /// Writes what it was sent.
    pub(crate) fn write_pushed(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        self.is_pushed = false;
        if !self.waits_to_write && self.write(shared, registry) == State::Over {
            return State::Over;
        }
        self.bounded(shared, now)
    }

    /// Whether not too much waits to be sent.
    pub(super) fn bounded(&mut self, shared: &Shared, now: i64) -> State {
        let bytes = self.output.length() + self.session.reply.length();
        if bytes == 0 {
            return State::Open;
        }
        let limits = shared.output_limits();
        let listening = self.session.listening.as_ref();
        let is_subscriber = listening.is_some_and(|it| it.subscribed() || it.monitors);
        let class = if is_subscriber {
            Class::PubSub
        } else {
            Class::Normal
        };
        // What a client asked for is bounded by its asking. What it is sent besides is not.
        let pushed = listening.map_or(0, |it| it.pushed);
        let pushed_max = limits.of(Class::PubSub).hard_bytes;
        let is_pushed_too_much = pushed_max > 0 && pushed >= pushed_max;
        match self.overdue.is_over(limits.of(class), bytes, now) || is_pushed_too_much {
            true => State::TooMuch,
            false => State::Open,
        }
    }

    /// Replies wait for the log as far as they have to.
    pub(super) fn hold(&mut self, shared: &Shared) {
        if let Some(persistence) = &shared.persistence {
            let held = persistence.hold(&mut self.session, shared);
            self.held = self.held.max(held);
        }
    }

    pub(super) fn write(&mut self, shared: &Shared, registry: &Registry) -> State {
        let reply = &mut self.session.reply;
        if self.held.is_some() {
            self.session.buffers.output = self.output.length() + reply.length();
            return State::Open;
        }
        let before = self.output.length() + reply.length();
        let is_done = self.output.write(reply, &mut self.stream);
        let left = self.output.length() + reply.length();
        self.session.buffers.output = left;
        let counts = &shared.counts[self.session.worker];
        counts.output_bytes.add((before - left) as u64);
        match is_done {
            Ok(true) => {
                if let Some(listening) = &mut self.session.listening {
                    listening.pushed = 0;
                }
                self.wait_to_write(false, registry)
            }
            Ok(false) => self.wait_to_write(true, registry),
            Err(_) => State::Over,
        }
    }

    pub(super) fn wait_to_write(&mut self, waits: bool, registry: &Registry) -> State {
        if waits == self.waits_to_write {
            return State::Open;
        }
        self.waits_to_write = waits;
        self.session.buffers.waits_to_write = waits;
        let interest = if waits {
            Interest::WRITABLE
        } else {
            Interest::READABLE
        };
        match registry.reregister(&mut self.stream, self.token, interest) {
            Ok(()) => State::Open,
            Err(_) => State::Over,
        }
    }
}
