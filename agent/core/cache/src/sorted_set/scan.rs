//! A walk over a sorted set, step by step.

use super::{LISTPACK_WALKED_MAX, SortedSet};
use crate::command::{Call, Error};
use crate::glob;
use crate::number::{double_text, integer};

struct Options<'a> {
    pattern: Option<&'a [u8]>,
    count: usize,
}

/// `key cursor [MATCH pattern] [COUNT count]`
pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, at, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let at = cursor(at)?;
    let Some(set) = call.keys.view::<SortedSet>(key)? else {
        call.reply.array(2);
        call.reply.bulk(b"0");
        call.reply.array(0);
        return Ok(());
    };
    let options = Options::parse(options)?;
    let (mut elements, next) = set.scan(at, options.count, LISTPACK_WALKED_MAX);
    // This one is not looked at: what is empty would not match it.
    if let Some(pattern) = options.pattern.filter(|pattern| *pattern != b"*") {
        elements.retain(|element| glob::matches(pattern, element.member));
    }
    let is_whole = set.len() <= LISTPACK_WALKED_MAX;
    call.reply.array(2);
    call.reply.bulk(next.to_string().as_bytes());
    call.reply.array(2 * elements.len());
    for element in elements {
        let score = element.score();
        let text = if is_whole {
            double_text(score)
        } else {
            long_text(score)
        };
        call.reply.bulk(element.member);
        call.reply.bulk(text.as_bytes());
    }
    Ok(())
}

/// A cursor, as C reads unsigned numbers.
fn cursor(text: &[u8]) -> Result<u64, Error> {
    let invalid = Error::text("ERR invalid cursor");
    let (negative, digits) = match text {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(invalid);
    }
    let digits = std::str::from_utf8(digits).expect("they are digits");
    let number: u64 = digits.parse().map_err(|_| invalid)?;
    Ok(if negative {
        number.wrapping_neg()
    } else {
        number
    })
}

impl<'a> Options<'a> {
    fn parse(mut words: &'a [&'a [u8]]) -> Result<Self, Error> {
        let mut options = Self {
            pattern: None,
            count: 10,
        };
        while let [word, rest @ ..] = words {
            let [value, rest @ ..] = rest else {
                return Err(Error::Syntax);
            };
            words = rest;
            if word.eq_ignore_ascii_case(b"count") {
                let count = integer(value).ok_or(Error::NotInteger)?;
                let count = usize::try_from(count).map_err(|_| Error::Syntax)?;
                if count == 0 {
                    return Err(Error::Syntax);
                }
                options.count = count;
            } else if word.eq_ignore_ascii_case(b"match") {
                options.pattern = Some(value);
            } else {
                return Err(Error::Syntax);
            }
        }
        Ok(options)
    }
}

/// Seventeen digits, without zeros at the end: as Redis shows scores of large sorted sets here, and nowhere else.
fn long_text(score: f64) -> String {
    if !score.is_finite() || score == 0.0 {
        return double_text(score);
    }
    let scientific = format!("{:.16e}", score.abs());
    let (digits, power) = scientific.split_once('e').expect("it has an exponent");
    let power: i32 = power.parse().expect("a number");
    let digits: String = digits.chars().filter(|it| *it != '.').collect();
    let digits = digits.trim_end_matches('0');
    let sign = if score < 0.0 { "-" } else { "" };
    if !(-4..17).contains(&power) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let of = if power < 0 { '-' } else { '+' };
        return format!("{sign}{first}{point}{rest}e{of}{:02}", power.abs());
    }
    let Ok(power) = usize::try_from(power) else {
        let zeros = "0".repeat(power.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    };
    if digits.len() <= power + 1 {
        let zeros = "0".repeat(power + 1 - digits.len());
        return format!("{sign}{digits}{zeros}");
    }
    let (whole, part) = digits.split_at(power + 1);
    format!("{sign}{whole}.{part}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As C prints them with `%.17g`.
    #[test]
    fn scores_have_seventeen_digits() {
        for (score, text) in [
            (3.1, "3.1000000000000001"),
            (-2.5, "-2.5"),
            (100.0, "100"),
            (0.1, "0.10000000000000001"),
            (1e-4, "0.0001"),
            (1e-5, "1.0000000000000001e-05"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (f64::NEG_INFINITY, "-inf"),
            (0.0, "0"),
        ] {
            assert_eq!(long_text(score), text);
        }
    }

    #[test]
    fn cursors_are_numbers() {
        assert_eq!(cursor(b"18446744073709551615"), Ok(u64::MAX));
        assert_eq!(cursor(b"+7"), Ok(7));
        assert_eq!(cursor(b"-1"), Ok(u64::MAX));
        for text in ["x", "1x", " 1", "18446744073709551616", "-"] {
            assert!(cursor(text.as_bytes()).is_err(), "{text}");
        }
    }
}
