//! Numbers and times as memcached's clients write them.

/// So many seconds at most are from now on; what is more is a time since 1970.
const RELATIVE_SECONDS_MAX: i64 = 60 * 60 * 24 * 30;

/// When an item expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expiry {
    Never,
    /// In Unix milliseconds.
    At(i64),
    /// It has, already.
    Past,
}

impl Expiry {
    /// When, if ever; `None` if that is past.
    pub(super) const fn until(self) -> Option<Option<i64>> {
        match self {
            Self::Never => Some(None),
            Self::At(at) => Some(Some(at)),
            Self::Past => None,
        }
    }
}

/// A time as clients say it: in so many seconds; at that second, if it is large; never, if it is 0; and at once, if it is negative.
pub(super) const fn expiry(seconds: i64, now: i64) -> Expiry {
    if seconds == 0 {
        return Expiry::Never;
    }
    if seconds < 0 {
        return Expiry::Past;
    }
    let at = if seconds > RELATIVE_SECONDS_MAX {
        seconds.saturating_mul(1000)
    } else {
        now.saturating_add(seconds * 1000)
    };
    if at <= now {
        Expiry::Past
    } else {
        Expiry::At(at)
    }
}

/// In how many seconds something expires, the last one counted as whole; -1 if it does not.
pub(super) const fn seconds_left(expiry: Option<i64>, now: i64) -> i64 {
    match expiry {
        None => -1,
        Some(at) => (at - now + 999).div_euclid(1000),
    }
}

/// A whole number that is not negative.
pub(super) fn unsigned(word: &[u8]) -> Option<u64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// A whole number.
pub(super) fn signed(word: &[u8]) -> Option<i64> {
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// The number that is the value of an item, with or without spaces around it.
pub(super) fn counter(value: &[u8]) -> Option<u64> {
    const DIGITS_MAX: usize = 20;
    (value.len() <= DIGITS_MAX).then_some(())?;
    unsigned(value.trim_ascii())
}

/// More or less; it begins anew at its end, but does not become negative.
pub(super) const fn counted(number: u64, delta: u64, is_up: bool) -> u64 {
    if is_up {
        number.wrapping_add(delta)
    } else {
        number.saturating_sub(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_relative_or_not() {
        const NOW: i64 = 1_800_000_000_500;
        for (seconds, expected) in [
            (0, Expiry::Never),
            (-1, Expiry::Past),
            (1, Expiry::At(NOW + 1000)),
            (2_592_000, Expiry::At(NOW + 2_592_000_000)),
            (2_592_001, Expiry::Past),
            (1_800_000_000, Expiry::Past),
            (1_800_000_001, Expiry::At(1_800_000_001_000)),
            (i64::MAX, Expiry::At(i64::MAX)),
        ] {
            assert_eq!(expiry(seconds, NOW), expected, "{seconds}");
        }
        assert_eq!(seconds_left(None, NOW), -1);
        assert_eq!(seconds_left(Some(NOW + 1), NOW), 1);
        assert_eq!(seconds_left(Some(NOW + 10_000), NOW), 10);
    }

    #[test]
    fn counters_are_numbers_of_64_bits() {
        assert_eq!(counter(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(counter(b"18446744073709551616"), None);
        assert_eq!(counter(b"9 "), Some(9));
        assert_eq!(counter(b""), None);
        assert_eq!(counter(b"-1"), None);
        assert_eq!(counted(u64::MAX, 1, true), 0);
        assert_eq!(counted(3, 5, false), 0);
    }
}
