//! Who goes for a while, and who comes back.

use std::time::Duration;

use crate::mutation::mutated;
use crate::outlier::{ANSWERS_ON_PROBATION, Figures, Norm, Settings};
use crate::{Condition, Moment};

use super::{Ejection, Group, Record};

impl Group {
    /// Ends ejections whose time is over, and what grew; true if there were any.
    pub(super) fn release(&mut self, now: Moment) -> bool {
        let probation = self.settings.outlier.as_ref().map(|it| it.ejection);
        let window = self.settings.slow_start.as_ref().map(|it| it.window);
        let mut any = false;
        for record in self.records.values_mut() {
            if record.ejection.until.is_some_and(|until| until <= now) {
                record.release(probation.unwrap_or_default(), now);
                any = true;
            }
            // A part that is whole grows no more; one more view is due, in which it is.
            let is_over = |began: Moment| window.is_none_or(|window| now.since(began) > window);
            any |= record.began.take_if(|began| is_over(*began)).is_some();
        }
        any
    }

    /// Ejects who is out; true if there was any. At the end of an interval, figures begin anew.
    pub(super) fn judge(&mut self, now: Moment) -> bool {
        let Some(rules) = self.settings.outlier.clone() else {
            return false;
        };
        let judged = self.records.values().filter(|it| it.is_judged());
        let figures = judged.map(|it| it.backend.window.figures());
        let figures = figures.collect::<Vec<Figures>>();
        let norm = Norm::of(&figures, &rules);
        let (ready, ejected) = self.ready_and_ejected();
        let mut room = rules.ejected_max(ready).saturating_sub(ejected);
        let mut any = false;
        let judged = self.records.values_mut().filter(|it| it.is_judged());
        for (record, figures) in judged.zip(&figures) {
            if room > 0 && record.is_out(norm.as_ref(), figures, &rules, now) {
                record.eject(&rules, now);
                self.ejections += 1;
                (room, any) = (room - 1, true);
            }
        }
        if now >= self.interval_end {
            self.interval_end = now.after(rules.interval);
            let records = self.records.values_mut();
            records.for_each(|record| record.begin_interval(now));
        }
        any
    }

    /// How many are ready, and how many of these are ejected.
    fn ready_and_ejected(&self) -> (usize, usize) {
        let ready = self.records.values().filter(|it| it.is_ready());
        ready.fold((0, 0), |(ready, ejected), record| {
            (
                ready + 1,
                ejected + usize::from(record.ejection.until.is_some()),
            )
        })
    }
}

impl Record {
    pub(super) fn is_ready(&self) -> bool {
        self.endpoint.condition == Condition::Ready
    }

    fn is_judged(&self) -> bool {
        self.is_ready() && self.ejection.until.is_none()
    }

    /// True if it is to be ejected.
    fn is_out(
        &self,
        norm: Option<&Norm>,
        figures: &Figures,
        rules: &Settings,
        now: Moment,
    ) -> bool {
        let row = self.backend.window.row();
        let in_row = rules.consecutive_failures > 0 && row >= rules.consecutive_failures;
        let answers = self.answers_min(rules.answers_min, now);
        in_row || norm.is_some_and(|norm| norm.excludes(figures, rules, answers))
    }

    /// The answers that it is judged after.
    fn answers_min(&self, usual: u32, now: Moment) -> u32 {
        match self.ejection.probation {
            Some(until) if now < until => ANSWERS_ON_PROBATION.min(usual),
            _ => usual,
        }
    }

    fn eject(&mut self, rules: &Settings, now: Moment) {
        let times = self.ejection.times + 1;
        self.ejection = Ejection {
            until: Some(now.after(rules.time_of(times))),
            probation: None,
            times,
        };
    }

    fn release(&mut self, probation: Duration, now: Moment) {
        self.ejection.until = None;
        self.ejection.probation = Some(now.after(probation));
        self.began = Some(now);
        self.backend.window.begin();
        self.backend.window.forget_row();
    }

    /// An interval went by: one without ejection or probation makes up for one time.
    fn begin_interval(&mut self, now: Moment) {
        self.backend.window.begin();
        let is_over = |until: &mut Moment| *until <= now;
        self.ejection.probation.take_if(is_over);
        if self.ejection.until.is_none() && self.ejection.probation.is_none() {
            self.ejection.times = self.ejection.times.saturating_sub(1);
        }
    }

    /// True if it may be chosen in normal times.
    pub(super) fn is_usable(&self) -> bool {
        let is_healthy = self
            .health
            .as_ref()
            .is_none_or(|it| it.verdict() != crate::health::Verdict::Unhealthy);
        (is_healthy || mutated("usable-unhealthy")) && self.ejection.until.is_none()
    }
}
