//! Each node's clocks over the world's true time: a monotonic one that runs a little fast or slow and begins anywhere at
//! each start of a process, and a wall clock that can be set, forwards and backwards, at any time.

use synod_replica::Now;

use crate::random::Random;

/// Nanoseconds of true time since the world began.
pub type Instant = u64;

/// One millisecond in the world's unit.
pub const MS: u64 = 1_000_000;
/// One second in the world's unit.
pub const SECOND: u64 = 1_000 * MS;

/// The clocks of one node.
#[derive(Clone, Debug)]
pub struct Clock {
    /// True time at which the process began.
    since: Instant,
    /// What the monotonic clock showed then.
    origin: u64,
    /// Parts per million by which it runs fast (negative: slow).
    drift_ppm: i64,
    /// What the wall clock is off, in milliseconds.
    wall_offset_ms: i64,
}

/// Where the world's wall clock begins: 2026-01-01, in milliseconds since 1970.
pub(crate) const WALL_START_MS: i64 = 1_767_225_600_000;

impl Clock {
    /// A clock of some speed within `±drift_max_ppm` of true time.
    pub fn new(random: &mut Random, drift_max_ppm: u64) -> Self {
        // Extremes are where mistakes show: half of all clocks run at the stated limit.
        let drift_ppm = match random.below(4) {
            0 => drift_max_ppm as i64,
            1 => -(drift_max_ppm as i64),
            _ => random.below(2 * drift_max_ppm + 1) as i64 - drift_max_ppm as i64,
        };
        Self {
            since: 0,
            origin: 0,
            drift_ppm,
            wall_offset_ms: random.below(200) as i64 - 100,
        }
    }

    /// A process begins at `at`: its monotonic clock shows anything.
    pub fn restart(&mut self, at: Instant, random: &mut Random) {
        self.since = at;
        self.origin = random.between(SECOND, 1_000_000 * SECOND);
    }

    /// The monotonic clock at true time `at`.
    #[must_use]
    pub fn now(&self, at: Instant) -> Now {
        let elapsed = i128::from(at - self.since);
        Now(self.origin + (elapsed * i128::from(1_000_000 + self.drift_ppm) / 1_000_000) as u64)
    }

    /// The first true time at which the monotonic clock shows at least `local`.
    #[must_use]
    pub fn when(&self, local: Now) -> Instant {
        let ahead = i128::from(local.0.saturating_sub(self.origin));
        let rate = i128::from(1_000_000 + self.drift_ppm);
        let elapsed = (ahead * 1_000_000 + rate - 1) / rate;
        self.since
            .saturating_add(u64::try_from(elapsed).unwrap_or(u64::MAX))
    }

    /// The wall clock at true time `at`, in milliseconds since 1970.
    #[must_use]
    pub fn wall_ms(&self, at: Instant) -> u64 {
        (WALL_START_MS + (at / MS) as i64 + self.wall_offset_ms).max(0) as u64
    }

    /// Sets the wall clock forwards or backwards.
    pub fn jump(&mut self, by_ms: i64) {
        self.wall_offset_ms += by_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_is_the_first_instant_at_which_now_is_reached() {
        let mut random = Random::new(7);
        for _ in 0..1000 {
            let mut clock = Clock::new(&mut random, 200_000);
            let start = random.below(1_000 * SECOND);
            clock.restart(start, &mut random);
            let local = Now(clock.now(start).0 + random.below(10 * SECOND));
            let at = clock.when(local);
            assert!(clock.now(at) >= local);
            assert!(at == start || clock.now(at - 1) < local);
        }
    }
}
