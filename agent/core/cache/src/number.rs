//! Numbers as Redis reads and writes them.

/// A whole number, written the one way that it is written: no sign but a minus, no zeros before it, no spaces.
#[must_use]
pub fn integer(text: &[u8]) -> Option<i64> {
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

/// A floating point number as C writes it; `inf`, `-inf` and the like, but not `nan`, and none that is too large or too small.
#[must_use]
pub(crate) fn double(text: &[u8]) -> Option<f64> {
    let number = any_double(text)?;
    let is_digit = |byte: &u8| matches!(byte, b'1'..=b'9');
    let digits = text.split(|byte| matches!(byte, b'e' | b'E')).next();
    let has_digits = digits.is_some_and(|digits| digits.iter().any(is_digit));
    let is_out_of_range = number.is_infinite() || number == 0.0 && !is_hexadecimal(text);
    (!is_out_of_range || !has_digits).then_some(number)
}

/// A floating point number as C reads it from the start of a string that ends at a zero: there may be spaces before it, or nothing at
/// all, which is 0.
#[must_use]
pub(crate) fn double_of_string(text: &[u8]) -> Option<f64> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    match text {
        [] => Some(0.0),
        text => any_double(text.trim_ascii_start()),
    }
}

fn any_double(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let number = text.parse::<f64>().ok();
    let number = number.or_else(|| hexadecimal(text))?;
    (!number.is_nan()).then_some(number)
}

fn is_hexadecimal(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'x' | b'X'))
}

/// As `0x1.8p3`, of at most 60 bits.
fn hexadecimal(text: &str) -> Option<f64> {
    let (sign, text) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let text = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    let (digits, power) = text.split_once(['p', 'P']).unwrap_or((text, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let digits = [whole, part].concat();
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let digits = u64::from_str_radix(&digits, 16).ok()?;
    let power = power
        .parse::<i32>()
        .ok()?
        .saturating_sub(4 * part.len() as i32);
    Some(sign * digits as f64 * f64::from(power).exp2())
}

/// As few digits as tell it from its neighbours, in the form of Redis 7.2 (its `d2string` and `fpconv_dtoa`).
#[must_use]
pub fn double_text(number: f64) -> String {
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

    #[test]
    fn doubles_are_read_as_in_c() {
        for (text, number) in [
            ("1", Some(1.0)),
            ("+1.5e3", Some(1500.0)),
            ("-.5", Some(-0.5)),
            ("0x10", Some(16.0)),
            ("-0x1.8p1", Some(-3.0)),
            ("0x0", Some(0.0)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("0e5", Some(0.0)),
            ("-0", Some(0.0)),
            ("nan", None),
            ("1e400", None),
            ("1e-400", None),
            ("", None),
            (" 1", None),
            ("1 ", None),
            ("1x", None),
            ("0x", None),
        ] {
            assert_eq!(double(text.as_bytes()), number, "{text}");
        }
        for (text, number) in [
            ("", Some(0.0)),
            ("  1", Some(1.0)),
            ("1 ", None),
            ("1\0x", Some(1.0)),
            ("1e400", Some(f64::INFINITY)),
            ("nan", None),
        ] {
            assert_eq!(double_of_string(text.as_bytes()), number, "{text}");
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
