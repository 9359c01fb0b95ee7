//! Numbers as C's `strtold` reads them.

use super::natural::Natural;
use super::{EXPONENT_MAX, EXPONENT_MIN, LongDouble, Size};

/// Redis reads no longer text.
const TEXT_BYTES_MAX: usize = 5119;

/// No exponent is taken for larger: whatever is before it, the number is too large then, or too small.
const EXPONENT_READ_MAX: i64 = 100_000;

pub(super) fn number(text: &[u8]) -> Option<LongDouble> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let (is_negative, text) = match text {
        [b'-', text @ ..] => (true, text),
        [b'+', text @ ..] | text => (false, text),
    };
    let is = |name: &str| text.eq_ignore_ascii_case(name.as_bytes());
    let size = if is("inf") || is("infinity") {
        Size::Infinite
    } else {
        match text {
            [b'0', b'x' | b'X', text @ ..] => hexadecimal(text)?,
            text => decimal(text)?,
        }
    };
    Some(LongDouble { is_negative, size })
}

fn decimal(text: &[u8]) -> Option<Size> {
    let Parts {
        number,
        digits,
        exponent,
    } = Parts::read(text, 10, b'e')?;
    if number.is_zero() {
        return Some(Size::ZERO);
    }
    // It is below 10 to this, and not below a tenth of that.
    let magnitude = exponent + digits;
    if !(-5000..=5000).contains(&magnitude) {
        return None;
    }
    let mut divisor = Natural::new(1);
    let mut number = number;
    let power = exponent.unsigned_abs() as u32;
    if exponent < 0 {
        divisor.multiply_by_ten(power);
    } else {
        number.multiply_by_ten(power);
    }
    finite(quotient(number, &divisor, 0))
}

fn hexadecimal(text: &[u8]) -> Option<Size> {
    let Parts {
        number, exponent, ..
    } = Parts::read(text, 16, b'p')?;
    if number.is_zero() {
        return Some(Size::ZERO);
    }
    let magnitude = exponent + number.bits();
    if magnitude > i64::from(EXPONENT_MAX) + 64 || magnitude < i64::from(EXPONENT_MIN) - 1 {
        return None;
    }
    finite(quotient(number, &Natural::new(1), exponent))
}

/// What is out of range is no number.
fn finite(size: Size) -> Option<Size> {
    (size != Size::Infinite && size != Size::ZERO).then_some(size)
}

/// The nearest to `number` over `divisor`, times 2 to `exponent`.
fn quotient(mut number: Natural, divisor: &Natural, exponent: i64) -> Size {
    // So that the quotient has at least two bits more than are kept, and at most 67.
    let least = i64::from(EXPONENT_MIN) - 2 - exponent;
    let shift = (number.bits() - divisor.bits() - 66).max(least);
    let distance = shift.unsigned_abs() as u32;
    let mut divisor = divisor.clone();
    if shift < 0 {
        number.shift_left(distance);
    } else {
        divisor.shift_left(distance);
    }
    let quotient = number.divide(&divisor, 67);
    let exponent = i32::try_from(shift + exponent).expect("it is near the bounds");
    Size::rounded(quotient, exponent, !number.is_zero())
}

/// What a number is written with.
struct Parts {
    /// All digits.
    number: Natural,
    /// How many they are, without zeros before them.
    digits: i64,
    /// What they are to be multiplied by: 10 to this, or 2 to this if they are hexadecimal.
    exponent: i64,
}

impl Parts {
    /// Digits with a point or without one, then an exponent behind `mark` or none.
    fn read(text: &[u8], radix: u32, mark: u8) -> Option<Self> {
        let end = text.iter().position(|it| it.to_ascii_lowercase() == mark);
        let (digits, exponent) = match end {
            Some(end) => (&text[..end], signed(&text[end + 1..])?),
            None => (text, 0),
        };
        let point = digits.iter().position(|it| *it == b'.');
        let (whole, part) = match point {
            Some(point) => (&digits[..point], &digits[point + 1..]),
            None => (digits, &digits[..0]),
        };
        if whole.is_empty() && part.is_empty() {
            return None;
        }
        let mut parts = Self {
            number: Natural::default(),
            digits: 0,
            exponent,
        };
        for digit in whole.iter().chain(part) {
            let digit = char::from(*digit).to_digit(radix)?;
            parts.number.multiply(u64::from(radix), u64::from(digit));
            parts.digits += i64::from(!parts.number.is_zero());
        }
        let each = if radix == 16 { 4 } else { 1 };
        parts.exponent -= each * part.len() as i64;
        Some(parts)
    }
}

/// A number with a sign or without one, at most [`EXPONENT_READ_MAX`].
fn signed(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        let digit = char::from(*digit).to_digit(10)?;
        number = EXPONENT_READ_MAX.min(10 * number + i64::from(digit));
    }
    Some(sign * number)
}
