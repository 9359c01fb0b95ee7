//! Slow start: one that came just now takes a growing part.

use std::time::Duration;

use crate::Moment;
use crate::mutation::mutated;

/// How the part of one that came just now grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// After so long it has its full part.
    pub window: Duration,
    /// With this part of its weight it begins, in (0, 1].
    pub least: f64,
}

/// A weight is in thousandths of what was configured, so that a part of 1 can be told.
pub(crate) const WHOLE: u32 = 1_000;

impl SlowStart {
    /// The part of its weight, in thousandths, that one has which began at that moment. It grows linearly.
    pub(crate) fn thousandths(&self, began: Moment, now: Moment) -> u32 {
        let passed = now.since(began);
        if passed >= self.window || mutated("slow-start-off") {
            return WHOLE;
        }
        let least = self.least.clamp(0.001, 1.0);
        let part = passed.as_secs_f64() / self.window.as_secs_f64();
        (f64::from(WHOLE) * part.max(least)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_from_least_to_whole() {
        let slow = SlowStart {
            window: Duration::from_secs(10),
            least: 0.1,
        };
        let at = |millis| slow.thousandths(Moment::ZERO, Moment::from_millis(millis));
        assert_eq!(
            [at(0), at(500), at(5_000), at(10_000), at(99_000)],
            [100, 100, 500, 1_000, 1_000]
        );
    }
}
