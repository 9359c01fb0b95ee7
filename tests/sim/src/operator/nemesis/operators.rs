//! What goes wrong with the operators: on their lines to the API, with their processes, on their way to the agents.

use crate::clock::{Instant, SECOND};
use crate::operator::direct::kinds;
use crate::operator::line::{Death, lock};
use crate::operator::stage::Stage;
use crate::operator::subject::Kept;

impl<S: Kept> Stage<S> {
    pub(super) fn spoil(&mut self, now: Instant) {
        let Some(number) = self.victim() else { return };
        let span = self.span(20);
        let random = &mut self.nemesis.random;
        let mut desk = lock(&self.desk);
        let weather = &mut desk.weather[number];
        weather.until = now + span;
        weather.refused = random.below(400);
        weather.unanswered = random.below(300);
        weather.late = random.below(300);
        drop(desk);
        self.fault("bad lines to the API", &format!(" of operator {number}"));
    }

    pub(super) fn freeze(&mut self, now: Instant) {
        let Some(number) = self.victim() else { return };
        let span = self.span(30);
        let types = [
            "",
            kinds::PODS,
            kinds::PODS,
            kinds::CLAIMS,
            kinds::CLAIMS,
            S::KIND.resource,
            kinds::MAPS,
            kinds::SECRETS,
            kinds::BUDGETS,
            "nodes",
        ];
        let what = *self.nemesis.random.pick(&types);
        let mut desk = lock(&self.desk);
        let frozen = &mut desk.weather[number].frozen;
        frozen.insert(what.to_owned(), now + span);
        drop(desk);
        let what = if what.is_empty() { "everything" } else { what };
        self.fault("views frozen", &format!(": {what} of operator {number}"));
    }

    pub(super) fn break_watches(&mut self) {
        let Some(number) = self.victim() else { return };
        lock(&self.desk).weather[number].gone = self.nemesis.random.below(4);
        for process in &self.operators {
            if process.number == number {
                process.breaks.ring();
            }
        }
        self.fault("watches broken", &format!(" of operator {number}"));
    }

    pub(super) fn doom_operator(&mut self) {
        let Some(number) = self.victim() else { return };
        let death = *self.nemesis.random.pick(&[Death::Before, Death::After]);
        lock(&self.desk).weather[number].death = Some(death);
        self.fault(
            "operators to die",
            &format!(": {number}, {death:?} a write"),
        );
    }

    /// The one that acts hears nothing any more and does not know it; another one begins beside it.
    pub(super) async fn rival(&mut self, now: Instant) {
        if self.operators.len() != 1 || self.restart_at.is_some() {
            return;
        }
        let span = self.span(25);
        self.operators[0].ends = Some(now + span);
        let number = self.operators[0].number;
        self.fault("operators deposed that go on", &format!(": {number}"));
        self.start_operator();
        // What it does not know, and what there is to do for both.
        let deaf = self.nemesis.random.between(0, span);
        let what = match self.nemesis.random.below(3) {
            0 => "",
            1 => {
                self.new_image().await;
                kinds::PODS
            }
            _ => {
                lock(&self.wire.wire).late = (now + span, 10 * SECOND);
                self.resize_now().await;
                "nodes"
            }
        };
        let mut desk = lock(&self.desk);
        let frozen = &mut desk.weather[number].frozen;
        frozen.insert(what.to_owned(), now + deaf);
    }

    pub(super) fn depose(&mut self) {
        if self.operators.len() != 1 || self.restart_at.is_some() {
            return;
        }
        self.fault("operators deposed", "");
        self.stop_operator(0);
        self.start_operator();
    }

    pub(super) fn cut_agents(&mut self, now: Instant) {
        let Some(number) = self.victim() else { return };
        let numbers = self.members();
        for member in numbers {
            if self.nemesis.random.chance(500) {
                let span = self.span(30);
                let mut wire = lock(&self.wire.wire);
                wire.cut.insert((number, member), now + span);
            }
        }
        self.wire.changed.ring();
        self.fault("agents not reached", &format!(" by operator {number}"));
    }
}
