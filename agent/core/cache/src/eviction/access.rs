//! What a key's header notes of its use, in 24 bits: when it was used last, or how often.
//!
//! Both are those of Redis: seconds of a clock that comes around after 194 days; or a minute of a clock that comes around after 45
//! days, and a count that grows the more slowly the larger it is (Morris 1978) and sinks with time.

use super::Settings;
use crate::random::Random;

/// What the clock of seconds comes to before it begins anew.
const SECONDS_MAX: u32 = 0xff_ffff;
/// What the clock of minutes comes to before it begins anew.
const MINUTES_MAX: u32 = 0xffff;
/// The count of a new key, so that it does not go at once.
const COUNT_FIRST: u32 = 5;
const COUNT_MAX: u32 = 255;

/// Notes at some time, in Unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) now: i64,
}

impl Access<'_> {
    /// Of a key that is new.
    #[inline]
    pub(crate) const fn first(self) -> u32 {
        if self.settings.policy.counts_uses() {
            self.minute() << 8 | COUNT_FIRST
        } else {
            self.second()
        }
    }

    /// Of a key that is used once more.
    #[inline]
    pub(crate) fn touched(self, noted: u32, random: &mut Random) -> u32 {
        if self.settings.policy.counts_uses() {
            self.minute() << 8 | self.count_on(self.decayed(noted), random)
        } else {
            self.second()
        }
    }

    /// For how many seconds a key was not used.
    pub(crate) const fn idle_seconds(self, noted: u32) -> u32 {
        passed(noted, self.second(), SECONDS_MAX)
    }

    /// How often a key is used, on the scale of the count.
    pub(crate) const fn frequency(self, noted: u32) -> u8 {
        self.decayed(noted) as u8
    }

    /// Of a key that was not used for so many seconds.
    pub(crate) fn of_idle(self, seconds: u64) -> u32 {
        let seconds = seconds.min(u64::from(SECONDS_MAX)) as u32;
        let now = self.second();
        now.checked_sub(seconds)
            .unwrap_or_else(|| now + SECONDS_MAX - seconds)
    }

    /// Of a key that is used so often.
    pub(crate) fn of_frequency(self, frequency: u8) -> u32 {
        self.minute() << 8 | u32::from(frequency)
    }

    /// The count, one less for each time of decay since it was noted.
    const fn decayed(self, noted: u32) -> u32 {
        let (minute, count) = (noted >> 8, noted & COUNT_MAX);
        let minutes = passed(minute, self.minute(), MINUTES_MAX);
        match minutes.checked_div(self.settings.lfu_decay_minutes) {
            Some(times) => count.saturating_sub(times),
            None => count,
        }
    }

    fn count_on(self, count: u32, random: &mut Random) -> u32 {
        let above = f64::from(count.saturating_sub(COUNT_FIRST));
        let probability = 1.0 / (above * f64::from(self.settings.lfu_log_factor) + 1.0);
        let drawn = (random.next() >> 11) as f64 / (1_u64 << 53) as f64;
        if count < COUNT_MAX && drawn < probability {
            count + 1
        } else {
            count
        }
    }

    const fn second(self) -> u32 {
        (self.now / 1000) as u32 & SECONDS_MAX
    }

    const fn minute(self) -> u32 {
        (self.now / 60_000) as u32 & MINUTES_MAX
    }
}

/// How far a clock went that begins anew after `most`.
const fn passed(from: u32, to: u32, most: u32) -> u32 {
    if to >= from {
        to - from
    } else {
        most - from + to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eviction::Policy;

    const NOW: i64 = 1_767_225_600_000;

    #[test]
    fn the_clock_of_seconds_comes_around() {
        let settings = Settings::default();
        let at = |now| Access {
            settings: &settings,
            now,
        };
        let noted = at(NOW).first();
        assert_eq!(at(NOW + 999).idle_seconds(noted), 0);
        assert_eq!(at(NOW + 90_000_000).idle_seconds(noted), 90_000);
        let around = (1 << 24) * 1000 - NOW % ((1 << 24) * 1000);
        let before = at(NOW + around - 5000).first();
        assert_eq!(at(NOW + around + 5000).idle_seconds(before), 9);
        assert_eq!(at(NOW).idle_seconds(at(NOW).of_idle(1000)), 1000);
        assert_eq!(
            at(NOW + around).idle_seconds(at(NOW + around).of_idle(1000)),
            1000
        );
        assert!(at(NOW).of_idle(u64::MAX) <= SECONDS_MAX);
    }

    /// The table of `redis.conf` says 10 after 100 hits, 18 after 1000, 142 after 100,000 with a factor of 10.
    #[test]
    fn uses_are_counted_more_and_more_slowly() {
        let settings = Settings {
            policy: Policy::AllKeysLfu,
            ..Settings::default()
        };
        let access = Access {
            settings: &settings,
            now: NOW,
        };
        let mut random = Random::new(1);
        let mut noted = access.first();
        let mut counts = Vec::new();
        for use_of in 1..=100_000 {
            noted = access.touched(noted, &mut random);
            if [100, 1000, 100_000].contains(&use_of) {
                counts.push(access.frequency(noted));
            }
        }
        let near = |count: u8, to: u8| count.abs_diff(to) <= to / 5 + 2;
        assert!(
            near(counts[0], 10) && near(counts[1], 18) && near(counts[2], 142),
            "{counts:?}"
        );
        let later = Access {
            now: NOW + 100 * 60_000,
            ..access
        };
        assert_eq!(later.frequency(noted), counts[2] - 100);
        assert_eq!(later.frequency(access.first()), 0);
    }
}
