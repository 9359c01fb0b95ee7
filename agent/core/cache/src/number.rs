//! Numbers as Redis reads and writes them.

/// A whole number, written the one way that it is written: no sign but a minus, no zeros before it, no spaces.
#[must_use]
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    if negative {
        0_i64.checked_sub_unsigned(number)
    } else {
        i64::try_from(number).ok()
    }
}

/// A floating point number; `inf`, `-inf` and the like, but not `nan`.
#[must_use]
pub(crate) fn double(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let number = text.parse::<f64>().ok()?;
    (!number.is_nan()).then_some(number)
}

/// As few digits as tell it from its neighbours, in the form of Redis 7.2 (its `d2string` and `fpconv_dtoa`).
#[must_use]
pub(crate) fn double_text(number: f64) -> String {
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if number == 0.0 {
        return if number.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    if number.abs() < WHOLE && number.fract() == 0.0 {
        return format!("{}", number as i64);
    }
    let scientific = format!("{:e}", number.abs());
    let (digits, power) = scientific.split_once('e').expect("it has an exponent");
    let power: i32 = power.parse().expect("a number");
    let digits: String = digits.chars().filter(|it| *it != '.').collect();
    let sign = if number < 0.0 { "-" } else { "" };
    let count = digits.len() as i32;
    // The number is its digits, times ten to this.
    let shift = power - count + 1;
    if shift >= 0 && power.abs() < count + 7 {
        return format!("{sign}{digits}{}", "0".repeat(shift as usize));
    }
    if shift < 0 && (shift > -7 || power.abs() < 4) {
        if power < 0 {
            return format!("{sign}0.{}{digits}", "0".repeat((-power - 1) as usize));
        }
        let (whole, part) = digits.split_at(power as usize + 1);
        return format!("{sign}{whole}.{part}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let of = if power < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}e{of}{}", power.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_one_way() {
        for (text, number) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("99999999999999999999", None),
            ("", None),
            ("-", None),
            ("-0", None),
            ("01", None),
            ("+1", None),
            (" 1", None),
            ("1 ", None),
            ("1.0", None),
            ("1:", None),
        ] {
            assert_eq!(integer(text.as_bytes()), number, "{text}");
        }
    }

    /// As redis-server 7.2 answers `ZSCORE`.
    #[test]
    fn doubles_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (3.1, "3.1"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000"),
            (1e20, "1e+20"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (0.1, "0.1"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (1.5e-9, "1.5e-9"),
            (1.7e308, "1.7e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(double_text(number), text);
        }
    }
}
