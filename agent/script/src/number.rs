//! Numbers as C reads and writes them.

/// Without what is behind its point; what is no such number is the least one, as processors have it.
pub(crate) fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// As `%.14g` and the like: so many digits at most, no zeros at the end.
pub(crate) fn general(number: f64, digits: usize) -> String {
    if number.is_nan() {
        return if number.is_sign_negative() {
            "-nan"
        } else {
            "nan"
        }
        .to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{number:.*e}", digits - 1);
    let (mantissa, power) = scientific.split_once('e').expect("it has an exponent");
    let power: i32 = power.parse().expect("a number");
    if (-4..digits as i32).contains(&power) {
        let behind = (digits as i32 - 1 - power) as usize;
        return without_zeros(&format!("{number:.behind$}")).to_owned();
    }
    let mantissa = without_zeros(mantissa);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", power.abs())
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// The number that these bytes begin with, as `strtod` finds it, and how long it is.
pub(crate) fn leading(bytes: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let rest = &bytes[sign..];
    let (number, length) = word(rest)
        .or_else(|| hexadecimal(rest))
        .or_else(|| decimal(rest))?;
    let is_negative = bytes.first() == Some(&b'-');
    let number = if is_negative { -number } else { number };
    Some((number, sign + length))
}

fn word(bytes: &[u8]) -> Option<(f64, usize)> {
    let words = [
        ("infinity", f64::INFINITY),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ];
    let begins = |word: &str| {
        let begin = bytes.get(..word.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()))
    };
    let (word, number) = words.into_iter().find(|(word, _)| begins(word))?;
    Some((number, word.len()))
}

fn digits(bytes: &[u8], is_digit: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_digit(byte)).count()
}

/// How long an exponent is, or 0 if there is none.
fn exponent(bytes: &[u8], mark: u8) -> usize {
    if !bytes
        .first()
        .is_some_and(|it| it.eq_ignore_ascii_case(&mark))
    {
        return 0;
    }
    let sign = usize::from(matches!(bytes.get(1), Some(b'+' | b'-')));
    match digits(&bytes[1 + sign..], u8::is_ascii_digit) {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// How many digits there are, with how many of them behind a point, and how long that is.
fn mantissa(bytes: &[u8], is_digit: impl Fn(&u8) -> bool) -> Option<(usize, usize)> {
    let whole = digits(bytes, &is_digit);
    let mut length = whole;
    let mut part = 0;
    if bytes.get(whole) == Some(&b'.') {
        part = digits(&bytes[whole + 1..], &is_digit);
        length += 1 + part;
    }
    (whole + part > 0).then_some((part, length))
}

fn decimal(bytes: &[u8]) -> Option<(f64, usize)> {
    let (_, mut length) = mantissa(bytes, u8::is_ascii_digit)?;
    length += exponent(&bytes[length..], b'e');
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    Some((text.parse().ok()?, length))
}

fn hexadecimal(bytes: &[u8]) -> Option<(f64, usize)> {
    let [b'0', b'x' | b'X', rest @ ..] = bytes else {
        return None;
    };
    let (part, length) = mantissa(rest, u8::is_ascii_hexdigit)?;
    let power = exponent(&rest[length..], b'p');
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let number = rest[..length]
        .iter()
        .filter_map(digit)
        .fold(0.0, |number, digit| number * 16.0 + f64::from(digit));
    let shift = if power == 0 {
        0
    } else {
        let text = std::str::from_utf8(&rest[length + 1..length + power]).ok()?;
        text.parse().unwrap_or(i32::MAX / 2)
    };
    let shift = shift.saturating_sub(4 * part as i32);
    Some((number * f64::from(shift).exp2(), 2 + length + power))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_c() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.33333333333333"),
            (1e14, "1e+14"),
            (99_999_999_999_999.0, "99999999999999"),
            (999_999_999_999_999.0, "1e+15"),
            (123_456_789_012_345_680.0, "1.2345678901235e+17"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (1e300, "1e+300"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(general(number, 14), text);
        }
        assert_eq!(general(1234.5, 2), "1.2e+03");
        assert_eq!(general(3.75, 3), "3.75");
    }

    #[test]
    fn numbers_are_found_as_in_c() {
        for (text, found) in [
            ("1", Some((1.0, 1))),
            ("-1.5e2x", Some((-150.0, 6))),
            ("1e", Some((1.0, 1))),
            ("1e+", Some((1.0, 1))),
            (".5", Some((0.5, 2))),
            ("5.", Some((5.0, 2))),
            (".", None),
            ("-", None),
            ("0x10", Some((16.0, 4))),
            ("0x", Some((0.0, 1))),
            ("0x1.8p1", Some((3.0, 7))),
            ("infinite", Some((f64::INFINITY, 3))),
            ("-Infinity", Some((f64::NEG_INFINITY, 9))),
            ("+7", Some((7.0, 2))),
        ] {
            assert_eq!(leading(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn what_is_too_large_is_the_least() {
        assert_eq!(truncated(3.99), 3);
        assert_eq!(truncated(-3.99), -3);
        assert_eq!(truncated(1e300), i64::MIN);
        assert_eq!(truncated(f64::NAN), i64::MIN);
    }
}
