//! Texts in forms of their own.

use synod_cache::notice::Events;

/// A whole number without anything around it, as Redis reads it.
pub(super) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits == "0" || !digits.starts_with('0');
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_zero = text == "-0";
    if is_plain && is_number && !is_zero {
        text.parse().ok()
    } else {
        None
    }
}

/// Bytes, with a unit or without: `k` is 1000, `kb` 1024.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|it: char| !it.is_ascii_digit());
    let (digits, unit) = text.split_at(end.unwrap_or(text.len()));
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1024,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    if digits.is_empty() {
        return unit.is_empty().then_some(0);
    }
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// `save`: pairs of seconds and changes.
pub(super) fn save(text: &str, _: &str) -> Result<String, &'static str> {
    const INVALID: &str = "Invalid save parameters";
    let words: Vec<_> = text.split_whitespace().collect();
    if !words.len().is_multiple_of(2) {
        return Err(INVALID);
    }
    for pair in words.chunks(2) {
        let numbers = (integer(pair[0]), integer(pair[1]));
        if !matches!(numbers, (Some(1..), Some(0..))) {
            return Err(INVALID);
        }
    }
    Ok(words.join(" "))
}

/// `client-output-buffer-limit`: classes of clients, each with bytes that are too many, bytes that are too many for a while, and
/// the seconds of that while. What is not named stays.
pub(super) fn output_limits(text: &str, before: &str) -> Result<String, &'static str> {
    const COUNT: &str = "Wrong number of arguments in buffer limit configuration.";
    const CLASS: &str = "Invalid client class specified in buffer limit configuration.";
    const LIMIT: &str =
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    let words: Vec<_> = text.split_whitespace().collect();
    if !words.len().is_multiple_of(4) {
        return Err(COUNT);
    }
    let mut limits: Vec<String> = before.split_whitespace().map(str::to_owned).collect();
    for four in words.chunks(4) {
        let class = match four[0].to_ascii_lowercase().as_str() {
            "normal" => 0,
            "slave" | "replica" => 4,
            "pubsub" => 8,
            _ => return Err(CLASS),
        };
        let numbers = (bytes(four[1]), bytes(four[2]), integer(four[3]));
        let (Some(hard), Some(soft), Some(seconds @ 0..)) = numbers else {
            return Err(LIMIT);
        };
        limits[class + 1] = hard.to_string();
        limits[class + 2] = soft.to_string();
        limits[class + 3] = seconds.to_string();
    }
    Ok(limits.join(" "))
}

/// `notify-keyspace-events`.
pub(super) fn events(text: &str, _: &str) -> Result<String, &'static str> {
    let events = Events::parse(text);
    let events = events.ok_or("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")?;
    Ok(events.to_string())
}

/// `latency-tracking-info-percentiles`.
pub(super) fn percentiles(text: &str, _: &str) -> Result<String, &'static str> {
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        let number: f64 = word
            .parse()
            .map_err(|_| "Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err(
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]",
            );
        }
        all.push(number.to_string());
    }
    Ok(all.join(" "))
}

/// `oom-score-adj-values`: three numbers.
pub(super) fn scores(text: &str, _: &str) -> Result<String, &'static str> {
    let words: Vec<_> = text.split_whitespace().collect();
    if words.len() != 3 {
        return Err("wrong number of arguments");
    }
    let fits = |word: &&str| integer(word).is_some_and(|it| (-2000..=2000).contains(&it));
    if !words.iter().all(fits) {
        return Err("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    Ok(words.join(" "))
}

/// `cluster-announce-hostname`.
pub(super) fn host(text: &str, _: &str) -> Result<String, &'static str> {
    let is_fine = |letter: char| letter.is_ascii_alphanumeric() || "-.".contains(letter);
    if text.len() > 255 {
        return Err("Hostnames must be less than 256 characters");
    }
    if !text.chars().all(is_fine) {
        return Err("Hostnames may only contain alphanumeric characters, hyphens or dots");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As redis-server 7.0.15 tells them.
    #[test]
    fn forms_are_those_of_redis() {
        const LIMITS: &str = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
        assert_eq!(save("1  2 3 4", ""), Ok("1 2 3 4".to_owned()));
        for wrong in ["a", "1 2 3", "0 1", "1 -1"] {
            assert_eq!(save(wrong, ""), Err("Invalid save parameters"), "{wrong}");
        }
        assert_eq!(
            output_limits("replica 1mb 2k 3 normal 1 2 3", LIMITS).as_deref(),
            Ok("normal 1 2 3 slave 1048576 2000 3 pubsub 33554432 8388608 60")
        );
        assert!(output_limits("normal 1 2 x", LIMITS).is_err());
        for (letters, shown) in [
            ("KEA", "AKE"),
            ("lKmn", "lnKm"),
            ("g$lshzxetdE", "AE"),
            ("", ""),
        ] {
            assert_eq!(events(letters, "").as_deref(), Ok(shown), "{letters}");
        }
        assert_eq!(percentiles("50 99.90", "").as_deref(), Ok("50 99.9"));
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!(integer("-12"), Some(-12));
        for wrong in [
            "",
            "-",
            "01",
            "+1",
            "-0",
            " 1",
            "1 ",
            "99999999999999999999",
        ] {
            assert_eq!(integer(wrong), None, "{wrong}");
        }
    }
}
