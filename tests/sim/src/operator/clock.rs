//! One time for everybody: tokio's paused clock. The world's clock, the API's and the operator's are made from it.

use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use synod_operator::local::api::Environment;

use crate::clock::Instant;
use crate::random::Random;

/// Where wall clocks begin: 2026-01-01, in seconds since 1970.
const WALL_START_S: i64 = 1_767_225_600;

/// The time since the run began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    began: tokio::time::Instant,
}

impl Clock {
    /// Begins now; inside a runtime whose clock is paused.
    pub(super) fn start() -> Self {
        Self {
            began: tokio::time::Instant::now(),
        }
    }

    /// Nanoseconds since the run began.
    pub(super) fn now(&self) -> Instant {
        let since = tokio::time::Instant::now() - self.began;
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    /// What a wall clock shows.
    pub(super) fn wall(&self) -> Timestamp {
        let start = Timestamp::from_second(WALL_START_S).unwrap_or_default();
        let since = SignedDuration::from_nanos(i64::try_from(self.now()).unwrap_or(i64::MAX));
        start.saturating_add(since).unwrap_or(start)
    }
}

/// The embedded API's time and chance.
pub(super) struct Surroundings {
    clock: Clock,
    random: Mutex<Random>,
}

impl Surroundings {
    pub(super) fn new(clock: Clock, random: Random) -> Self {
        Self {
            clock,
            random: Mutex::new(random),
        }
    }
}

impl Environment for Surroundings {
    fn now(&self) -> Timestamp {
        self.clock.wall()
    }

    fn uid(&self) -> uuid::Uuid {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = u128::from(random.draw()) << 64 | u128::from(random.draw());
        uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid()
    }
}
