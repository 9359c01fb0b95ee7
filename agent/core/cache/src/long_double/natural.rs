//! Whole numbers of any size, as far as decimal fractions need them.

use std::cmp::Ordering;

/// Its digits to the base of 2^64, the lowest first; the highest is not 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Natural(Vec<u64>);

/// The largest power of ten in a digit, and its exponent.
const TEN: (u64, u32) = (10_000_000_000_000_000_000, 19);

impl Natural {
    pub(super) fn new(number: u64) -> Self {
        Self(if number == 0 {
            Vec::new()
        } else {
            vec![number]
        })
    }

    pub(super) const fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bits it takes.
    pub(super) fn bits(&self) -> i64 {
        let above = self.0.last().map_or(0, |digit| digit.leading_zeros());
        64 * self.0.len() as i64 - i64::from(above)
    }

    /// Becomes `by` times as much, and `more`.
    pub(super) fn multiply(&mut self, by: u64, more: u64) {
        let mut carry = more;
        for digit in &mut self.0 {
            let product = u128::from(*digit) * u128::from(by) + u128::from(carry);
            *digit = product as u64;
            carry = (product >> 64) as u64;
        }
        if carry > 0 {
            self.0.push(carry);
        }
    }

    /// Becomes 10^`power` times as much.
    pub(super) fn multiply_by_ten(&mut self, mut power: u32) {
        while power > TEN.1 {
            self.multiply(TEN.0, 0);
            power -= TEN.1;
        }
        self.multiply(10_u64.pow(power), 0);
    }

    /// Becomes 2^`bits` times as much.
    pub(super) fn shift_left(&mut self, bits: u32) {
        if self.is_zero() {
            return;
        }
        self.multiply(1 << (bits % 64), 0);
        let zeros = std::iter::repeat_n(0, bits as usize / 64);
        self.0.splice(0..0, zeros);
    }

    /// Becomes half as much, rounded down.
    fn halve(&mut self) {
        let mut above = 0;
        for digit in self.0.iter_mut().rev() {
            let low = *digit << 63;
            *digit = *digit >> 1 | above;
            above = low;
        }
        self.trim();
    }

    /// Becomes less by another one, which is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrows = false;
        for (index, digit) in self.0.iter_mut().enumerate() {
            let other = other.0.get(index).copied().unwrap_or(0);
            let (less, first) = digit.overflowing_sub(other);
            let (less, second) = less.overflowing_sub(u64::from(borrows));
            *digit = less;
            borrows = first || second;
        }
        debug_assert!(!borrows, "it is not larger");
        self.trim();
    }

    /// Becomes the remainder of a division whose quotient, below 2^`bits`, is the result.
    pub(super) fn divide(&mut self, by: &Self, bits: u32) -> u128 {
        let mut by = by.clone();
        by.shift_left(bits);
        let mut quotient = 0;
        for _ in 0..bits {
            by.halve();
            quotient <<= 1;
            if *self >= by {
                self.subtract(&by);
                quotient |= 1;
            }
        }
        quotient
    }

    /// In decimal digits.
    pub(super) fn text(mut self) -> String {
        let mut groups = Vec::new();
        while !self.is_zero() {
            groups.push(self.divide_by_ten());
        }
        let mut text = groups.pop().unwrap_or(0).to_string();
        for group in groups.iter().rev() {
            text += &format!("{group:019}");
        }
        text
    }

    /// Becomes the quotient by the power of ten that is [`TEN`]; the remainder.
    fn divide_by_ten(&mut self) -> u64 {
        let mut rest = 0;
        for digit in self.0.iter_mut().rev() {
            let dividend = u128::from(rest) << 64 | u128::from(*digit);
            *digit = (dividend / u128::from(TEN.0)) as u64;
            rest = (dividend % u128::from(TEN.0)) as u64;
        }
        self.trim();
        rest
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let lengths = self.0.len().cmp(&other.0.len());
        lengths.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
