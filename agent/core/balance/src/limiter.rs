//! Rate limits: a token bucket for one owner, the same rule for many threads, and one limit for each of many keys.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::entropy::mixed;
use crate::mutation::mutated;
use crate::{Moment, Refusal};

/// How much may come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// In a second, on average. Above 0.
    pub per_second: f64,
    /// So many at once after a pause. At least 1.
    pub burst: u32,
}

impl Rate {
    /// The time that one takes, at least 1 ns.
    fn interval(self) -> u64 {
        (1e9 / self.per_second.max(1e-9)).clamp(1.0, 1e18) as u64
    }
}

/// A bucket of tokens, for one owner: it holds a burst, and gains one in each interval.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    rate: Rate,
    tokens: f64,
    at: Moment,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: Rate, now: Moment) -> Self {
        Self {
            rate,
            tokens: f64::from(rate.burst.max(1)),
            at: now,
        }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], with the time after which there is one.
    pub fn take(&mut self, now: Moment) -> Result<(), Refusal> {
        let gained = now.since(self.at).as_secs_f64() * self.rate.per_second;
        self.tokens = (self.tokens + gained).min(f64::from(self.rate.burst.max(1)));
        self.at = self.at.max(now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let lacks = (1.0 - self.tokens) / self.rate.per_second.max(1e-9);
        Err(Refusal::RateLimited {
            retry_after: Duration::try_from_secs_f64(lacks).unwrap_or(Duration::MAX),
        })
    }
}

/// The generic cell rate algorithm (ITU-T I.371, annex A): what a token bucket allows, in one word that threads share.
///
/// The word is the time at which the bucket will be full again. One more is let through if that is less than a burst away.
#[derive(Debug, Default)]
pub struct CellRate(AtomicU64);

impl CellRate {
    /// Lets one through.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], with the time after which one is let through.
    pub fn take(&self, rate: Rate, now: Moment) -> Result<(), Refusal> {
        let (now, interval) = (now.as_nanos(), rate.interval());
        let burst = interval.saturating_mul(u64::from(rate.burst.max(1)));
        let step = |full: u64| {
            let from = if mutated("gcra-no-burst-bound") {
                full
            } else {
                full.max(now)
            };
            let next = from.saturating_add(interval);
            (next <= now.saturating_add(burst)).then_some(next)
        };
        match self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, step)
        {
            Ok(_) => Ok(()),
            Err(full) => {
                let wait = full
                    .saturating_add(interval)
                    .saturating_sub(now.saturating_add(burst));
                Err(Refusal::RateLimited {
                    retry_after: Duration::from_nanos(wait),
                })
            }
        }
    }
}

/// One limit for each of many keys (clients' addresses), in bounded memory.
///
/// Each key is hashed to one of a fixed number of cells. Two keys in one cell share a limit: with n active keys in c cells that happens
/// to one of them with a probability of about n/c. A seed that clients do not know keeps them from choosing a neighbor.
#[derive(Debug)]
pub struct KeyedLimiter {
    rate: Rate,
    cells: Box<[CellRate]>,
    seed: u64,
}

impl KeyedLimiter {
    /// A limiter with so many cells, of 8 bytes each.
    #[must_use]
    pub fn new(rate: Rate, cells: usize, seed: u64) -> Self {
        Self {
            rate,
            cells: (0..cells.max(1)).map(|_| CellRate::default()).collect(),
            seed,
        }
    }

    /// Lets one with this key's hash through.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn take(&self, hash: u64, now: Moment) -> Result<(), Refusal> {
        let cell = mixed(hash ^ self.seed) % self.cells.len() as u64;
        self.cells[cell as usize].take(self.rate, now)
    }
}
