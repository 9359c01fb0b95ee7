//! What a backend's probes say. The probing itself, its sockets and its time-outs, is elsewhere: here is when, and what follows.

use std::time::Duration;

use crate::mutation::mutated;
use crate::{Draws, Moment};

/// When a backend is probed, and how many results in a row count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Between probes of one that is as it was.
    pub interval: Duration,
    /// Between probes of one whose last result was another one than those before: certainty is near, and worth asking for.
    pub interval_in_doubt: Duration,
    /// So many failures in a row take it out.
    pub failures: u32,
    /// So many successes in a row take it in again.
    pub successes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            interval_in_doubt: Duration::from_secs(1),
            failures: 3,
            successes: 2,
        }
    }
}

/// What is known of a backend's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet: its endpoint's word is taken for it.
    Unknown,
    /// It answers.
    Healthy,
    /// It does not.
    Unhealthy,
}

/// A backend's health: a state, and how many results in a row speak against it.
///
/// 1. `against` is below the number that changes the verdict.
/// 2. At most one probe is under way.
#[derive(Debug)]
pub(crate) struct Health {
    verdict: Verdict,
    against: u32,
    next: Moment,
    is_probed: bool,
}

impl Health {
    /// One who is first probed at once, give or take: a part of the interval by chance keeps probes of many apart.
    pub(crate) fn new(settings: &Settings, now: Moment, draws: &mut Draws) -> Self {
        Self {
            verdict: Verdict::Unknown,
            against: 0,
            next: now.after(settings.interval_in_doubt.mul_f64(draws.unit())),
            is_probed: false,
        }
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// True if a probe is to be sent now; it counts as sent.
    pub(crate) fn begin(&mut self, now: Moment) -> bool {
        let is_due = !self.is_probed && self.next <= now;
        self.is_probed |= is_due;
        is_due
    }

    /// A probe's result; true if the verdict is another one.
    pub(crate) fn end(
        &mut self,
        is_good: bool,
        settings: &Settings,
        now: Moment,
        draws: &mut Draws,
    ) -> bool {
        self.is_probed = false;
        let changed = self.judge(is_good, settings);
        let interval = if self.against > 0 {
            settings.interval_in_doubt
        } else {
            settings.interval
        };
        self.next = now.after(interval.mul_f64(0.9 + 0.2 * draws.unit()));
        changed
    }

    fn judge(&mut self, is_good: bool, settings: &Settings) -> bool {
        let (agrees, needed) = match (self.verdict, is_good) {
            // The first success is enough where nothing was known.
            (Verdict::Unknown, true) => (false, 1),
            (Verdict::Healthy, true) | (Verdict::Unhealthy, false) => (true, 0),
            (Verdict::Unknown | Verdict::Healthy, false) => (false, settings.failures),
            (Verdict::Unhealthy, true) => (false, settings.successes),
        };
        if agrees {
            self.against = 0;
            return false;
        }
        self.against += 1;
        let is_hasty = !is_good && mutated("health-one-failure");
        if self.against < needed && !is_hasty {
            return false;
        }
        self.against = 0;
        self.verdict = if is_good {
            Verdict::Healthy
        } else {
            Verdict::Unhealthy
        };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What follows from results: `+` and `-` in, a letter for each verdict out.
    fn check(results: &str, expected: &str) {
        let (settings, mut draws) = (Settings::default(), Draws::new(1));
        let mut health = Health::new(&settings, Moment::ZERO, &mut draws);
        let verdicts = results.chars().map(|result| {
            health.end(result == '+', &settings, Moment::ZERO, &mut draws);
            match health.verdict() {
                Verdict::Unknown => '?',
                Verdict::Healthy => 'H',
                Verdict::Unhealthy => 'U',
            }
        });
        assert_eq!(verdicts.collect::<String>(), expected, "{results}");
    }

    #[test]
    fn a_row_changes_the_verdict_and_nothing_less() {
        check("+--+--+---", "HHHHHHHHHU");
        check("---+-++", "??UUUUH");
        check("--+", "??H");
    }

    #[test]
    fn probes_are_sent_one_at_a_time_and_sooner_in_doubt() {
        let (settings, mut draws) = (Settings::default(), Draws::new(1));
        let mut health = Health::new(&settings, Moment::ZERO, &mut draws);
        let at = Moment::from_millis;
        assert!(health.begin(at(1_000)));
        assert!(!health.begin(at(9_000)), "one is under way");
        health.end(true, &settings, at(9_000), &mut draws);
        assert!(!health.begin(at(13_400)));
        assert!(health.begin(at(14_600)));
        health.end(false, &settings, at(14_600), &mut draws);
        assert!(health.begin(at(15_800)), "in doubt");
    }
}
