//! How much history is kept without anyone asking: the leader proposes compactions by itself.

use std::collections::VecDeque;

use synod_paxos::{Now, Span};

/// How much history stays readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// All of it, until a client compacts.
    Everything,
    /// What was written within this time, judged by the leader's clock; a new leader begins to count anew.
    Period(Span),
    /// This many revisions, looked at every minute.
    Revisions(i64),
}

impl Default for Retention {
    /// One hour.
    fn default() -> Self {
        Self::Period(Span::from_millis(3_600_000))
    }
}

/// The leader's soft state for it.
#[derive(Debug)]
pub(crate) struct Compactor {
    retention: Retention,
    /// The revision at past times, oldest first.
    samples: VecDeque<(Now, i64)>,
    next: Now,
}

/// Samples within one period: the retained time is exact to this part of it.
const SAMPLES: u64 = 20;

impl Compactor {
    pub(crate) const fn new(retention: Retention, now: Now) -> Self {
        Self {
            retention,
            samples: VecDeque::new(),
            next: now,
        }
    }

    /// The revision to compact at now, if any.
    pub(crate) fn due(&mut self, now: Now, revision: i64) -> Option<i64> {
        if now < self.next {
            return None;
        }
        match self.retention {
            Retention::Everything => None,
            Retention::Revisions(count) => {
                self.next = now + Span::from_millis(60_000);
                Some(revision.saturating_sub(count)).filter(|revision| *revision > 0)
            }
            Retention::Period(period) => {
                self.next = now + Span((period.0 / SAMPLES).max(1_000_000));
                self.samples.push_back((now, revision));
                let old = self
                    .samples
                    .iter()
                    .take_while(|(at, _)| *at + period <= now)
                    .count();
                self.samples
                    .drain(..old)
                    .next_back()
                    .map(|(_, revision)| revision)
            }
        }
    }

    /// When to look again.
    pub(crate) fn next(&self) -> Option<Now> {
        Some(self.next).filter(|_| self.retention != Retention::Everything)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(s: u64) -> Now {
        Now(s * 1_000_000_000)
    }

    #[test]
    fn a_period_compacts_at_what_was_current_then() {
        let mut compactor = Compactor::new(Retention::Period(Span::from_millis(20_000)), at(0));
        for s in 0..20 {
            assert_eq!(compactor.due(at(s), 100 + s as i64), None);
        }
        assert_eq!(compactor.due(at(20), 120), Some(100));
        assert_eq!(compactor.due(at(20), 120), None);
        assert_eq!(compactor.due(at(25), 125), Some(105));
        assert_eq!(compactor.next(), Some(at(26)));
    }

    #[test]
    fn revisions_keep_a_count() {
        let mut compactor = Compactor::new(Retention::Revisions(10), at(0));
        assert_eq!(compactor.due(at(0), 5), None);
        assert_eq!(compactor.due(at(60), 50), Some(40));
        assert_eq!(compactor.due(at(61), 90), None);
    }

    #[test]
    fn everything_is_kept() {
        let mut compactor = Compactor::new(Retention::Everything, at(0));
        assert_eq!(compactor.due(at(1_000_000), 50), None);
        assert_eq!(compactor.next(), None);
    }
}
