//! Numbers as the `long double` of the machines on which Redis mostly runs: with 64 bits of mantissa, of which `INCRBYFLOAT` and
//! `HINCRBYFLOAT` show up to 17 digits behind the point.

/// `mantissa * 2^exponent`. The mantissa's uppermost bit is set, or it is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LongDouble {
    is_negative: bool,
    mantissa: u64,
    exponent: i32,
}

/// The least exponent of what is infinite, with a mantissa of 64 bits.
const INFINITE: i32 = 16_384 - 63;
/// Redis reads no number that is longer.
const TEXT_BYTES_MAX: usize = 5 * 1024 - 1;

impl LongDouble {
    pub(crate) const ZERO: Self = Self {
        is_negative: false,
        mantissa: 0,
        exponent: 0,
    };

    /// As `strtold` reads it, all of it; but nothing that is too large to be told, or too small, and no `nan`.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (is_negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let lower = rest.to_ascii_lowercase();
        let mut number = match lower.as_slice() {
            b"inf" | b"infinity" => Self {
                is_negative: false,
                mantissa: 1 << 63,
                exponent: INFINITE,
            },
            [b'0', b'x', rest @ ..] => Self::finite(Digits::parse(rest, 16, b'p')?)?,
            rest => Self::finite(Digits::parse(rest, 10, b'e')?)?,
        };
        number.is_negative = is_negative;
        Some(number)
    }

    fn finite(digits: Digits) -> Option<Self> {
        let number = digits.value();
        let is_lost = number.mantissa == 0 && !digits.number.is_zero();
        (number.is_finite() && !is_lost).then_some(number)
    }

    pub(crate) const fn is_finite(self) -> bool {
        self.exponent < INFINITE
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (large, small) =
            if (self.mantissa != 0, self.exponent) >= (other.mantissa != 0, other.exponent) {
                (self, other)
            } else {
                (other, self)
            };
        if small.mantissa == 0 || !large.is_finite() {
            return large;
        }
        // Two bits of room above, 62 below.
        let (wide, narrow) = (
            u128::from(large.mantissa) << 62,
            u128::from(small.mantissa) << 62,
        );
        let narrow = shift_right(narrow, large.exponent.abs_diff(small.exponent));
        let (sum, is_negative) = if large.is_negative == small.is_negative {
            (wide + narrow, large.is_negative)
        } else if wide >= narrow {
            (wide - narrow, large.is_negative && wide != narrow)
        } else {
            (narrow - wide, small.is_negative)
        };
        Self {
            is_negative,
            ..Self::rounded(sum, large.exponent - 62)
        }
    }

    /// `wide * 2^exponent`, to the nearest; a tie to the even one.
    fn rounded(wide: u128, exponent: i32) -> Self {
        if wide == 0 {
            return Self::ZERO;
        }
        let zeros = wide.leading_zeros();
        let wide = wide << zeros;
        let exponent = exponent - zeros as i32 + 64;
        let (mantissa, below) = ((wide >> 64) as u64, wide as u64);
        let half = 1 << 63;
        let goes_up = below > half || below == half && mantissa & 1 == 1;
        match mantissa.checked_add(u64::from(goes_up)) {
            Some(mantissa) => Self {
                is_negative: false,
                mantissa,
                exponent,
            },
            None => Self {
                is_negative: false,
                mantissa: half,
                exponent: exponent + 1,
            },
        }
    }

    /// With up to 17 digits behind the point, without zeros at the end. It is finite.
    pub(crate) fn text(self) -> String {
        const PLACES: usize = 17;
        const SCALE: u128 = 100_000_000_000_000_000;
        let text = if self.exponent >= 0 {
            let mut whole = Big::of(self.mantissa);
            whole.shift_left(self.exponent.unsigned_abs());
            whole.text()
        } else {
            let scaled = shift_right_to_even(
                u128::from(self.mantissa) * SCALE,
                self.exponent.unsigned_abs(),
            );
            let digits = format!("{scaled:0>width$}", width = PLACES + 1);
            let (whole, part) = digits.split_at(digits.len() - PLACES);
            match part.trim_end_matches('0') {
                "" => whole.to_owned(),
                part => format!("{whole}.{part}"),
            }
        };
        if self.is_negative && text != "0" {
            format!("-{text}")
        } else {
            text
        }
    }
}

/// What is shifted out leaves a bit.
fn shift_right(wide: u128, by: u32) -> u128 {
    match wide.checked_shr(by) {
        Some(shifted) => shifted | u128::from(shifted << by != wide),
        None => u128::from(wide != 0),
    }
}

/// To the nearest; a tie to the even one.
fn shift_right_to_even(wide: u128, by: u32) -> u128 {
    let Some(shifted) = wide.checked_shr(by) else {
        return 0;
    };
    let (below, half) = (wide - (shifted << by), 1_u128 << (by - 1));
    shifted + u128::from(below > half || below == half && shifted & 1 == 1)
}

/// A number as it is written: `number * 10^tens * 2^twos`.
#[derive(Debug)]
struct Digits {
    number: Big,
    tens: i32,
    twos: i32,
}

/// Beyond such exponents all is infinite, or nothing.
const EXPONENT_MAX: i32 = 50_000;

impl Digits {
    /// Digits of such a base, with a point among them, and a sign and digits behind `mark`.
    fn parse(text: &[u8], base: u32, mark: u8) -> Option<Self> {
        let end = text.iter().position(|byte| *byte == mark);
        let (digits, exponent) = match end {
            Some(end) => (&text[..end], parse_exponent(&text[end + 1..])?),
            None => (text, 0),
        };
        let (mut number, mut count, mut places) = (Big::default(), 0, None);
        for byte in digits {
            if *byte == b'.' && places.is_none() {
                places = Some(0);
                continue;
            }
            let digit = char::from(*byte).to_digit(base)?;
            number.multiply(base, digit);
            count += 1;
            places = places.map(|places| places + 1);
        }
        let places: i32 = places.unwrap_or(0);
        let (tens, twos) = if base == 10 {
            (exponent - places, 0)
        } else {
            (0, exponent - 4 * places)
        };
        (count > 0).then_some(Self { number, tens, twos })
    }

    fn value(&self) -> LongDouble {
        let (mut number, mut twos, mut is_more) = (self.number.clone(), self.twos, false);
        if number.is_zero() {
            return LongDouble::ZERO;
        }
        let magnitude = number.bits() as i32 + 3 * self.tens + self.twos;
        if !(-2 * EXPONENT_MAX..2 * EXPONENT_MAX).contains(&magnitude)
            || self.tens.abs() > EXPONENT_MAX / 5
        {
            let exponent = if magnitude > 0 { INFINITE } else { 0 };
            let mantissa = if magnitude > 0 { 1 << 63 } else { 0 };
            return LongDouble {
                is_negative: false,
                mantissa,
                exponent,
            };
        }
        if self.tens >= 0 {
            (0..self.tens).for_each(|_| number.multiply(10, 0));
        } else {
            // So that more bits are left than are needed.
            let room = 130 + 4 * self.tens.unsigned_abs();
            number.shift_left(room);
            twos -= room as i32;
            (0..self.tens.unsigned_abs()).for_each(|_| is_more |= number.divide(10) > 0);
        }
        let below = number.bits().saturating_sub(127);
        is_more |= number.shift_right(below);
        let mut rounded = LongDouble::rounded(
            number.low() << 1 | u128::from(is_more),
            twos + below as i32 - 1,
        );
        // Of what is smaller than that some digits are lost, and then all.
        if rounded.exponent < -16_445 - 63 {
            rounded = LongDouble::ZERO;
        }
        rounded
    }
}

fn parse_exponent(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |number: i32, byte: &u8| (number * 10 + i32::from(byte - b'0')).min(EXPONENT_MAX);
    Some(sign * digits.iter().fold(0, digit))
}

/// A natural number of any size: 32 bits after 32 bits, the lowest first, the highest not 0.
#[derive(Clone, Debug, Default)]
struct Big(Vec<u32>);

impl Big {
    fn of(number: u64) -> Self {
        let mut big = Self(vec![number as u32, (number >> 32) as u32]);
        big.trim();
        big
    }

    const fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn bits(&self) -> u32 {
        let zeros = self.0.last().map_or(0, |last| last.leading_zeros());
        32 * self.0.len() as u32 - zeros
    }

    /// Its lowest bits.
    fn low(&self) -> u128 {
        let low = self.0.iter().take(4).rev();
        low.fold(0, |low, part| low << 32 | u128::from(*part))
    }

    /// And adds.
    fn multiply(&mut self, by: u32, add: u32) {
        let mut carry = u64::from(add);
        for part in &mut self.0 {
            let product = u64::from(*part) * u64::from(by) + carry;
            *part = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    /// The rest.
    fn divide(&mut self, by: u32) -> u32 {
        let mut rest = 0;
        for part in self.0.iter_mut().rev() {
            let whole = rest << 32 | u64::from(*part);
            *part = (whole / u64::from(by)) as u32;
            rest = whole % u64::from(by);
        }
        self.trim();
        rest as u32
    }

    fn shift_left(&mut self, by: u32) {
        if self.is_zero() {
            return;
        }
        self.multiply(1 << (by % 32), 0);
        self.0.splice(..0, std::iter::repeat_n(0, by as usize / 32));
    }

    /// Whether a bit went that was set.
    fn shift_right(&mut self, by: u32) -> bool {
        let gone = (by as usize / 32).min(self.0.len());
        let is_more = self.0[..gone].iter().any(|part| *part != 0);
        self.0.drain(..gone);
        self.divide(1 << (by % 32)) > 0 || is_more
    }

    fn text(mut self) -> String {
        const DIGITS: u32 = 1_000_000_000;
        let mut parts = Vec::new();
        while !self.is_zero() {
            parts.push(self.divide(DIGITS));
        }
        let first = parts.pop().unwrap_or(0);
        let rest = parts.iter().rev().map(|part| format!("{part:09}"));
        std::iter::once(first.to_string()).chain(rest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As redis-server 7.0 answers `INCRBYFLOAT`.
    #[test]
    fn sums_are_as_in_redis() {
        for (one, other, sum) in [
            ("10.5", "0.1", "10.6"),
            ("0.1", "0.2", "0.3"),
            ("5.0e3", "200", "5200"),
            ("-0", "0", "0"),
            ("1", "-1", "0"),
            ("0", "1e-17", "0.00000000000000001"),
            ("0", "1e-18", "0"),
            ("0", "5e-18", "0"),
            ("0", "-1e-30", "0"),
            ("1", "0.00000000000000001", "1.00000000000000001"),
            ("0", "1e19", "10000000000000000000"),
            ("1e20", "1", "100000000000000000000"),
            ("18446744073709551615", "1", "18446744073709551616"),
            ("36893488147419103233", "0", "36893488147419103232"),
            ("3.0", "1.1", "4.1"),
            ("0", "0x10", "16"),
            ("0", "0x1.8p1", "3"),
            ("0", ".5", "0.5"),
            ("0", "5.", "5"),
            ("+1", "1", "2"),
            ("1e4900", "-1e4900", "0"),
        ] {
            let parse = |text: &str| LongDouble::parse(text.as_bytes()).expect(text);
            assert_eq!(parse(one).plus(parse(other)).text(), sum, "{one} + {other}");
            assert_eq!(parse(other).plus(parse(one)).text(), sum, "{other} + {one}");
        }
        for text in [
            "",
            " 1",
            "1 ",
            "1e",
            "e1",
            ".",
            "1e5000",
            "1e-5000",
            "0x",
            "nan",
            "1..2",
            "--1",
            "1e999999999999",
        ] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
        let infinite = LongDouble::parse(b"-Infinity").expect("it is read");
        assert!(!infinite.is_finite());
        assert!(!infinite.plus(infinite).is_finite());
    }
}
