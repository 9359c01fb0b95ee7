//! Floating point numbers of 80 bits, as `INCRBYFLOAT` and `HINCRBYFLOAT` of Redis add them on x86-64: with a sign, 64 bits of
//! mantissa and 15 of exponent, rounded to the nearest, to the even one of two.
//!
//! The processor is not asked, so that all processors add to the same sum.

mod natural;
mod parse;
#[cfg(test)]
mod tests;

use natural::Natural;

/// A number; never none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LongDouble {
    is_negative: bool,
    size: Size,
}

/// Without the sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// `mantissa` times 2 to `exponent`. The highest bit of the mantissa is set, or the exponent is the least.
    Finite {
        mantissa: u64,
        exponent: i32,
    },
    Infinite,
}

const EXPONENT_MIN: i32 = -16_445;
const EXPONENT_MAX: i32 = 16_320;

/// So many digits are shown behind the point, but for zeros at their end.
const PLACES: u32 = 17;

impl LongDouble {
    pub(crate) const ZERO: Self = Self {
        is_negative: false,
        size: Size::ZERO,
    };

    /// The number that a text is, as C's `strtold` reads it: decimal, hexadecimal or infinite. `None` if it is none, or one that
    /// is too large or too small for all but an infinite one and 0.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        parse::number(text)
    }

    pub(crate) fn is_finite(self) -> bool {
        self.size != Size::Infinite
    }

    /// The sum, if it is finite.
    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (
            Size::Finite { mantissa, exponent },
            Size::Finite {
                mantissa: other_mantissa,
                exponent: other_exponent,
            },
        ) = (self.size, other.size)
        else {
            return None;
        };
        if (exponent, mantissa) < (other_exponent, other_mantissa) {
            return other.plus(self);
        }
        // Both with 62 bits more, the smaller one shifted to the exponent of the larger one.
        let far = (exponent - other_exponent).cast_unsigned();
        let (large, small) = (u128::from(mantissa) << 62, u128::from(other_mantissa) << 62);
        let shifted = small.checked_shr(far).unwrap_or(0);
        let is_cut = shifted.checked_shl(far).unwrap_or(0) != small;
        let sum = if self.is_negative == other.is_negative {
            large + shifted
        } else {
            large - shifted - u128::from(is_cut)
        };
        let is_negative = if sum == 0 && !is_cut {
            self.is_negative && other.is_negative
        } else {
            self.is_negative
        };
        let size = Size::rounded(sum, exponent - 62, is_cut);
        let sum = Self { is_negative, size };
        (size != Size::Infinite).then_some(sum)
    }

    /// As `%.17Lf` of C, without zeros at the end.
    pub(crate) fn text(self) -> String {
        let Size::Finite { mantissa, exponent } = self.size else {
            return if self.is_negative { "-inf" } else { "inf" }.to_owned();
        };
        let mut text = if exponent < 0 {
            fraction(mantissa, exponent.unsigned_abs())
        } else {
            let mut whole = Natural::new(mantissa);
            whole.shift_left(exponent.unsigned_abs());
            whole.text()
        };
        if self.is_negative && text != "0" {
            text.insert(0, '-');
        }
        text
    }
}

impl Size {
    const ZERO: Self = Self::Finite {
        mantissa: 0,
        exponent: EXPONENT_MIN,
    };

    /// The nearest to `number` times 2 to `exponent`; a little more than that, if it is cut. A number that is cut has at least two
    /// bits more than a mantissa, or than the least exponent leaves to it.
    fn rounded(number: u128, exponent: i32, is_cut: bool) -> Self {
        let bits = (128 - number.leading_zeros()).cast_signed();
        let dropped = (bits - 64).max(EXPONENT_MIN - exponent);
        if number == 0 {
            return Self::ZERO;
        }
        debug_assert!(dropped >= 2 || !is_cut, "there is enough to round it by");
        let (mut mantissa, mut exponent) = if dropped <= 0 {
            (number << -dropped, exponent + dropped)
        } else {
            (
                half_even(number, dropped.cast_unsigned(), is_cut),
                exponent + dropped,
            )
        };
        if mantissa >> 64 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
        if exponent > EXPONENT_MAX {
            return Self::Infinite;
        }
        Self::Finite {
            mantissa: mantissa as u64,
            exponent,
        }
    }
}

/// Without so many of its lowest bits, rounded to the nearest; if it was cut, it is a little more.
fn half_even(number: u128, bits: u32, is_cut: bool) -> u128 {
    let Some(whole) = number.checked_shr(bits) else {
        return 0;
    };
    let rest = number & ((1 << bits) - 1);
    let half = 1 << (bits - 1);
    let is_more = rest > half || rest == half && is_cut;
    let is_half = rest == half && !is_cut;
    whole + u128::from(is_more || is_half && whole & 1 == 1)
}

/// `mantissa` over 2 to `power`, in decimal digits.
fn fraction(mantissa: u64, power: u32) -> String {
    let one = 10_u128.pow(PLACES);
    let number = half_even(u128::from(mantissa) * one, power, false);
    let mut text = format!(
        "{}.{:0places$}",
        number / one,
        number % one,
        places = PLACES as usize
    );
    text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    text
}
