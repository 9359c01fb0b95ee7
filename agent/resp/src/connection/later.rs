//! How a connection goes on that waited.

use mio::Registry;

use super::{Connection, State};
use crate::Shared;
use crate::answers::Answers;
use crate::mailbox::Message;

impl Connection {
    /// Does what another thread says.
    pub(crate) fn told(
        &mut self,
        message: Message,
        shared: &Shared,
        now: i64,
        registry: &Registry,
    ) -> State {
        let before = self.session.reply.bytes().len();
        match message {
            Message::Answer { bytes, .. } => {
                self.session.stop_waiting(shared);
                self.session.reply.raw(&bytes);
            }
            Message::TryAgain { .. } => self.session.try_again(shared, now),
            Message::Unblock { fails, .. } => self.session.unblocked(shared, fails),
            Message::Close { .. } => return State::Over,
            Message::Judge { .. } if self.session.hears_too_much() => return State::Over,
            _ => {}
        }
        if self.session.answers != Answers::All {
            self.session.answered(before);
        }
        self.go_on(shared, now, registry)
    }

    /// Whether replies wait for the log.
    pub(crate) const fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The log has come further, or failed: what waited for it goes on.
    pub(crate) fn release(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        let Some(persistence) = &shared.persistence else {
            return State::Open;
        };
        if persistence.journal.is_failed() {
            return State::Over;
        }
        if self
            .held
            .is_some_and(|place| persistence.journal.holds(place))
        {
            return State::Open;
        }
        self.held = None;
        // Before more is carried out, whose replies may have to wait again.
        if self.write(shared, registry) == State::Over {
            return State::Over;
        }
        self.serve(shared, now, registry)
    }

    /// Answers what it waits for of the disk, if it is there or over.
    fn stop_awaiting(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if !self.session.try_answer(shared, now) {
            return State::Open;
        }
        self.serve(shared, now, registry)
    }

    /// Answers, if it has waited for long enough.
    pub(crate) fn give_up(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        if self.session.kept.is_awaiting() {
            return self.stop_awaiting(shared, now, registry);
        }
        if self.session.is_paused && shared.pause.is_over() {
            return self.go_on(shared, now, registry);
        }
        if self.waits_to_write && self.bounded(shared, now) == State::TooMuch {
            return State::TooMuch;
        }
        let waiting = self.session.waiting.as_ref();
        let Some(waiting) = waiting.filter(|it| it.until.is_some_and(|until| until <= now)) else {
            return State::Open;
        };
        let empty = waiting.empty;
        if !waiting.turn.give_up() {
            // It is answered just now, or looked at whether it can be.
            return State::Open;
        }
        self.session.stop_waiting(shared);
        let before = self.session.reply.bytes().len();
        empty.answer(&mut self.session.reply);
        if self.session.answers != Answers::All {
            self.session.answered(before);
        }
        self.go_on(shared, now, registry)
    }

    /// Goes on after it paused.
    pub(crate) fn resume(&mut self, shared: &Shared, now: i64, registry: &Registry) -> State {
        self.session.pauses = false;
        self.is_resumed = true;
        let state = self.work(shared, now, registry, true);
        self.session.note(now);
        state
    }
}
