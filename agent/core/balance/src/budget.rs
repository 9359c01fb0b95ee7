//! A retry budget: retries are a part of requests, and a few a second in any case.
//!
//! Retries help while few requests fail, and drown the backends when all do. Finagle's budget (its `RetryBudget`, in linkerd and tower
//! after it) bounds them by a part of the requests of the last ten seconds, and some for those who send seldom.
//!
//! Counts are kept by seconds in words that hold the second too, so threads share them without a lock. Two threads that ask in the same
//! moment may both be given the last one: the budget is passed by at most the number of threads less one.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::mutation::mutated;
use crate::{Moment, Refusal};

/// How many retries there may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Retries for each request: 0.2 is one for five.
    pub ratio: f64,
    /// So many more in a second.
    pub per_second: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ratio: 0.2,
            per_second: 10,
        }
    }
}

/// So many seconds are remembered.
const SECONDS: usize = 10;

/// The budget of a group, for all threads.
#[derive(Debug)]
pub struct Budget {
    settings: Settings,
    requests: Seconds,
    retries: Seconds,
}

impl Budget {
    /// A budget of which nothing is spent.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            requests: Seconds::default(),
            retries: Seconds::default(),
        }
    }

    /// Counts a request (not a retry).
    pub fn request(&self, now: Moment) {
        self.requests.add(now);
    }

    /// Spends a retry.
    ///
    /// # Errors
    /// [`Refusal::RetryBudgetSpent`].
    pub fn retry(&self, now: Moment) -> Result<(), Refusal> {
        let earned = self.requests.sum(now) as f64 * self.settings.ratio.max(0.0);
        let given = u64::from(self.settings.per_second) * SECONDS as u64;
        if (self.retries.sum(now) + 1) as f64 > earned + given as f64 {
            return Err(Refusal::RetryBudgetSpent);
        }
        if !mutated("budget-free") {
            self.retries.add(now);
        }
        Ok(())
    }
}

/// A count for each of the last seconds: the second in the upper half, its count in the lower.
#[derive(Debug, Default)]
struct Seconds([AtomicU64; SECONDS]);

impl Seconds {
    fn add(&self, now: Moment) {
        let second = second(now);
        let cell = &self.0[second as usize % SECONDS];
        let step = |word: u64| {
            let count = if word >> 32 == second {
                word & 0xffff_ffff
            } else {
                0
            };
            Some(second << 32 | (count + 1).min(0xffff_ffff))
        };
        // The step never declines.
        let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step);
    }

    fn sum(&self, now: Moment) -> u64 {
        let second = second(now);
        let words = self.0.iter().map(|cell| cell.load(Ordering::Relaxed));
        let recent = words.filter(|word| second.saturating_sub(word >> 32) < SECONDS as u64);
        recent.map(|word| word & 0xffff_ffff).sum()
    }
}

/// Seconds since the beginning, and one: a word of 0 counts nothing in any second.
const fn second(now: Moment) -> u64 {
    (now.as_nanos() / 1_000_000_000 + 1) & 0xffff_ffff
}
