//! What a replica may do about the lease, as a pure function of what it saw and of its own monotonic clock.
//!
//! 1. It leads only until `renew` after it *began* the last write that succeeded; others take the lease no sooner than
//!    `lease` after they *saw* that write. Since `renew < lease`, it has ceased before, whatever the clocks of day say.
//! 2. What another holds is taken only after it was seen unchanged for as long as that holder asked for.

use std::time::{Duration, Instant};

use crate::mutation::mutated;

/// How long a lease is held, and how often it is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Others wait this long after the last renewal they saw.
    pub lease: Duration,
    /// A leader that could not renew for this long leads no more.
    pub renew: Duration,
    /// How often it is tried to acquire or to renew.
    pub retry: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            renew: Duration::from_secs(10),
            retry: Duration::from_secs(2),
        }
    }
}

impl Times {
    /// # Errors
    /// When a leader could not renew in time, or would still lead when others begin to.
    pub fn check(&self) -> Result<(), String> {
        if self.retry.is_zero() || self.lease.as_secs() == 0 {
            return Err("lease and retry must be at least one second".into());
        }
        if self.renew >= self.lease {
            return Err(format!(
                "a leader must give up ({:?}) before others take over ({:?}): choose a shorter renew deadline or a longer lease",
                self.renew, self.lease
            ));
        }
        if self.retry >= self.renew {
            return Err(format!(
                "a leader tries to renew every {:?} and gives up after {:?}: choose a shorter retry period",
                self.retry, self.renew
            ));
        }
        Ok(())
    }
}

/// What counts of a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who holds it, if anybody.
    pub identity: Option<String>,
    /// Differs after each renewal; says nothing of when that was.
    pub renewed: String,
    /// How long its holder asks others to wait.
    pub lease: Option<Duration>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Write the lease as ours: it is free, run out, or ours from before.
    Acquire,
    /// Write it again.
    Renew,
    /// Nothing: another holds it.
    Wait,
    /// Lead no more: it was not renewed in time, or another has it.
    Lost,
}

/// What a replica knows.
#[derive(Clone, Debug)]
pub struct Standing {
    identity: String,
    times: Times,
    /// The lease as last seen, and since when it has looked like that.
    seen: Option<(Holder, Instant)>,
    /// While it leads: when the last write that succeeded was begun.
    renewed: Option<Instant>,
}

impl Standing {
    /// Knows nothing yet.
    #[must_use]
    pub const fn new(identity: String, times: Times) -> Self {
        Self {
            identity,
            times,
            seen: None,
            renewed: None,
        }
    }

    /// The lease was read; `None`: there is none.
    pub fn saw(&mut self, now: Instant, lease: Option<Holder>) {
        match (&self.seen, lease) {
            (Some((before, _)), Some(lease)) if *before == lease => {}
            (_, lease) => self.seen = lease.map(|lease| (lease, now)),
        }
    }

    /// A write that was begun at `began` succeeded: the lease is ours.
    pub fn wrote(&mut self, began: Instant, lease: Holder) {
        self.seen = Some((lease, began));
        self.renewed = Some(began);
    }

    /// It leads no more.
    pub const fn lost(&mut self) {
        self.renewed = None;
    }

    /// Whether it leads, as far as it knows.
    #[must_use]
    pub const fn leads(&self) -> bool {
        self.renewed.is_some()
    }

    /// How long a call about the lease may take from `now` on.
    #[must_use]
    pub fn patience(&self, now: Instant) -> Duration {
        match self.renewed {
            Some(renewed) => (renewed + self.times.renew).saturating_duration_since(now),
            None => self.times.renew,
        }
    }

    /// What is to be done at `now`.
    #[must_use]
    pub fn decide(&self, now: Instant) -> Move {
        let ours = self
            .seen
            .as_ref()
            .is_some_and(|(lease, _)| lease.identity.as_deref() == Some(self.identity.as_str()));
        match self.renewed {
            Some(_) if !ours => Move::Lost,
            Some(renewed) if now.saturating_duration_since(renewed) >= self.times.renew => {
                if mutated("lead-after-the-lease") {
                    return Move::Renew;
                }
                Move::Lost
            }
            Some(_) => Move::Renew,
            None if ours || self.is_free(now) => Move::Acquire,
            None => Move::Wait,
        }
    }

    /// Whether nobody holds the lease, or its holder did not renew it for as long as it asked us to wait.
    fn is_free(&self, now: Instant) -> bool {
        let Some((lease, since)) = &self.seen else {
            return true;
        };
        let wait = lease.lease.unwrap_or(self.times.lease);
        lease.identity.is_none() || now.saturating_duration_since(*since) >= wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        Standing::new("a".into(), Times::default())
    }

    fn held(by: &str, renewed: u32) -> Option<Holder> {
        Some(Holder {
            identity: (!by.is_empty()).then(|| by.to_owned()),
            renewed: renewed.to_string(),
            lease: Some(Duration::from_secs(15)),
        })
    }

    fn after(seconds: u64) -> impl Fn(Instant) -> Instant {
        move |start| start + Duration::from_secs(seconds)
    }

    #[test]
    fn what_nobody_holds_is_taken() {
        let start = Instant::now();
        for lease in [None, held("", 1), held("a", 1)] {
            let mut standing = standing();
            standing.saw(start, lease);
            assert_eq!(standing.decide(start), Move::Acquire);
        }
    }

    #[test]
    fn anothers_is_taken_when_it_was_seen_unchanged_for_long_enough() {
        let (start, mut standing) = (Instant::now(), standing());
        standing.saw(start, held("b", 1));
        assert_eq!(standing.decide(after(14)(start)), Move::Wait);
        standing.saw(after(14)(start), held("b", 1));
        standing.saw(after(14)(start), held("b", 2));
        assert_eq!(
            standing.decide(after(28)(start)),
            Move::Wait,
            "it was renewed"
        );
        standing.saw(after(28)(start), held("b", 2));
        assert_eq!(standing.decide(after(29)(start)), Move::Acquire);
        standing.saw(after(29)(start), held("b", 3));
        assert_eq!(
            standing.decide(after(29)(start)),
            Move::Wait,
            "just in time"
        );
    }

    #[test]
    fn a_leader_ceases_before_others_begin() {
        let (start, mut leader) = (Instant::now(), standing());
        let mut other = Standing::new("b".into(), Times::default());
        leader.wrote(start, held("a", 1).expect("held"));
        // The other sees the write at the very moment it is begun, which is the earliest there is.
        other.saw(start, held("a", 1));
        let mut began = None;
        for second in 0..40 {
            let now = after(second)(start);
            if leader.leads() && leader.decide(now) == Move::Lost {
                leader.lost();
                assert_eq!(second, 10);
            }
            if other.decide(now) == Move::Acquire {
                began.get_or_insert(second);
                assert!(!leader.leads(), "two lead at {second} s");
            }
        }
        assert_eq!(began, Some(15));
    }

    #[test]
    fn a_leader_that_sees_another_name_ceases_at_once() {
        let (start, mut standing) = (Instant::now(), standing());
        standing.wrote(start, held("a", 1).expect("held"));
        assert_eq!(standing.decide(after(2)(start)), Move::Renew);
        standing.saw(after(2)(start), held("b", 2));
        assert_eq!(standing.decide(after(2)(start)), Move::Lost);
        standing.wrote(start, held("a", 1).expect("held"));
        standing.saw(after(2)(start), None);
        assert_eq!(
            standing.decide(after(2)(start)),
            Move::Lost,
            "the lease was deleted"
        );
        standing.lost();
        assert_eq!(standing.decide(after(2)(start)), Move::Acquire);
    }

    #[test]
    fn times_that_let_two_lead_are_refused() {
        let times = |lease, renew, retry| Times {
            lease: Duration::from_secs(lease),
            renew: Duration::from_secs(renew),
            retry: Duration::from_secs(retry),
        };
        assert_eq!(Times::default().check(), Ok(()));
        for (wrong, said) in [
            (times(10, 10, 2), "before others take over"),
            (times(15, 10, 10), "shorter retry"),
            (times(15, 10, 0), "at least one second"),
        ] {
            let error = wrong.check().expect_err("refused");
            assert!(error.contains(said), "{error}");
        }
    }
}
