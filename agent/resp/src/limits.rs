//! How much may wait to be sent to a client: `client-output-buffer-limit`.
//!
//! <https://redis.io/docs/latest/develop/reference/clients/#output-buffer-limits>

use std::fmt;

const MIB: usize = 1024 * 1024;

/// For which clients a limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Normal,
    Replica,
    PubSub,
}

/// A client is closed if so much waits to be sent to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limit {
    /// At once; never, if 0.
    pub(crate) hard_bytes: usize,
    /// For longer than `soft_seconds`; never, if 0.
    pub(crate) soft_bytes: usize,
    pub(crate) soft_seconds: u32,
}

/// The limits of all classes, each at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutputLimits([Limit; 3]);

impl Default for OutputLimits {
    fn default() -> Self {
        let replica = Limit {
            hard_bytes: 256 * MIB,
            soft_bytes: 64 * MIB,
            soft_seconds: 60,
        };
        let pubsub = Limit {
            hard_bytes: 32 * MIB,
            soft_bytes: 8 * MIB,
            soft_seconds: 60,
        };
        Self([Limit::default(), replica, pubsub])
    }
}

impl OutputLimits {
    pub(crate) const fn of(&self, class: Class) -> Limit {
        self.0[class as usize]
    }

    /// These limits, but for the classes that the words name, each followed by its own: `pubsub 32mb 8mb 60`.
    ///
    /// # Errors
    /// What is wrong with the words, as Redis says it.
    pub(crate) fn with(mut self, words: &str) -> Result<Self, &'static str> {
        let words: Vec<_> = words.split_ascii_whitespace().collect();
        if !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.");
        }
        for four in words.chunks(4) {
            let class = match four[0].to_ascii_lowercase().as_str() {
                "normal" => Class::Normal,
                "replica" | "slave" => Class::Replica,
                "pubsub" => Class::PubSub,
                _ => return Err("Invalid client class specified in buffer limit configuration."),
            };
            let parsed = match (bytes(four[1]), bytes(four[2]), four[3].parse()) {
                (Some(hard_bytes), Some(soft_bytes), Ok(soft_seconds)) => Some(Limit {
                    hard_bytes,
                    soft_bytes,
                    soft_seconds,
                }),
                _ => None,
            };
            self.0[class as usize] = parsed.ok_or(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            )?;
        }
        Ok(self)
    }
}

/// As `CONFIG GET` shows it.
impl fmt::Display for OutputLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["normal", " slave", " pubsub"];
        names.iter().zip(&self.0).try_for_each(|(name, limit)| {
            let Limit {
                hard_bytes,
                soft_bytes,
                soft_seconds,
            } = limit;
            write!(f, "{name} {hard_bytes} {soft_bytes} {soft_seconds}")
        })
    }
}

/// A number of bytes, with a unit or without one.
fn bytes(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1024,
        "m" => 1_000_000,
        "mb" => MIB,
        "g" => 1_000_000_000,
        "gb" => 1024 * MIB,
        _ => return None,
    };
    digits.parse::<usize>().ok()?.checked_mul(unit)
}

/// Since when more than the soft limit waits to be sent to a client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Overdue(Option<i64>);

impl Overdue {
    /// Whether so many bytes are too many, now, in Unix milliseconds.
    pub(crate) fn is_over(&mut self, limit: Limit, bytes: usize, now: i64) -> bool {
        let exceeds = |most: usize| most > 0 && bytes >= most;
        if !exceeds(limit.soft_bytes) {
            self.0 = None;
        } else {
            let since = *self.0.get_or_insert(now);
            if now.saturating_sub(since) > i64::from(limit.soft_seconds) * 1000 {
                return true;
            }
        }
        exceeds(limit.hard_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_and_shown_as_in_redis() {
        let limits = OutputLimits::default();
        assert_eq!(
            limits.to_string(),
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
        );
        let changed = limits.with("normal 1kb 2k 3 PUBSUB 1gb 1m 0");
        assert_eq!(
            changed.map(|it| it.to_string()).as_deref(),
            Ok("normal 1024 2000 3 slave 268435456 67108864 60 pubsub 1073741824 1000000 0")
        );
        for (words, error) in [
            ("normal 1 2", "Wrong number"),
            ("master 0 0 0", "Invalid client class"),
            ("normal -1 0 0", "Error in hard"),
            ("normal 1x 0 0", "Error in hard"),
            ("normal 1 0 x", "Error in hard"),
            ("pubsub 99999999999999999gb 0 0", "Error in hard"),
        ] {
            let answer = limits.with(words).map(|it| it.to_string());
            assert!(answer.is_err_and(|it| it.starts_with(error)), "{words}");
        }
    }

    #[test]
    fn who_reads_in_time_is_not_over() {
        let limit = Limit {
            hard_bytes: 100,
            soft_bytes: 10,
            soft_seconds: 2,
        };
        let mut overdue = Overdue::default();
        assert!(!overdue.is_over(limit, 99, 0));
        assert!(!overdue.is_over(limit, 99, 2000));
        assert!(!overdue.is_over(limit, 9, 2001), "it has read");
        assert!(!overdue.is_over(limit, 10, 2002));
        assert!(!overdue.is_over(limit, 10, 4002));
        assert!(overdue.is_over(limit, 10, 4003));
        assert!(Overdue::default().is_over(limit, 100, 0));
        assert!(!Overdue::default().is_over(Limit::default(), usize::MAX, 0));
    }
}
