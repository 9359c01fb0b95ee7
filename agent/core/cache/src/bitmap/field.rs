//! Whole numbers of any width among the bits of a string: `BITFIELD`.

use super::OFFSET;
use crate::command::Error;
use crate::number::integer;
use crate::string::STRING_BYTES_MAX;

/// Where a number is, and how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    is_signed: bool,
    /// At most 64 if it is signed, else at most 63.
    bits: u32,
    offset: usize,
}

/// What becomes of a number that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// Its higher bits go.
    Wrap,
    /// It becomes the nearest that does.
    Saturate,
    /// Nothing is done.
    Fail,
}

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Get,
    Set { value: i128, overflow: Overflow },
    Add { number: i64, overflow: Overflow },
}

/// One of those that a command asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) field: Field,
    pub(crate) operation: Operation,
}

impl Step {
    pub(crate) fn parse(mut words: &[&[u8]]) -> Result<Vec<Self>, Error> {
        let mut steps = Vec::new();
        let mut overflow = Overflow::Wrap;
        while let [word, rest @ ..] = words {
            let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            let number = |number: &[u8]| integer(number).ok_or(Error::NotInteger);
            match rest {
                [kind, offset, rest @ ..] if is("get") => {
                    steps.push(Self {
                        field: Field::parse(kind, offset)?,
                        operation: Operation::Get,
                    });
                    words = rest;
                }
                [kind, offset, value, rest @ ..] if is("set") => {
                    let field = Field::parse(kind, offset)?;
                    let value = field.given(number(value)?);
                    steps.push(Self {
                        field,
                        operation: Operation::Set { value, overflow },
                    });
                    words = rest;
                }
                [kind, offset, by, rest @ ..] if is("incrby") => {
                    let field = Field::parse(kind, offset)?;
                    let number = number(by)?;
                    steps.push(Self {
                        field,
                        operation: Operation::Add { number, overflow },
                    });
                    words = rest;
                }
                [name, rest @ ..] if is("overflow") => {
                    overflow = Overflow::parse(name)?;
                    words = rest;
                }
                _ => return Err(Error::Syntax),
            }
        }
        Ok(steps)
    }

    /// Whether it is to change the field.
    pub(crate) const fn changes(&self) -> bool {
        !matches!(self.operation, Operation::Get)
    }
}

impl Overflow {
    fn parse(name: &[u8]) -> Result<Self, Error> {
        let is = |own: &str| name.eq_ignore_ascii_case(own.as_bytes());
        match () {
            () if is("wrap") => Ok(Self::Wrap),
            () if is("sat") => Ok(Self::Saturate),
            () if is("fail") => Ok(Self::Fail),
            () => Err(Error::text("ERR Invalid OVERFLOW type specified")),
        }
    }
}

impl Field {
    fn parse(kind: &[u8], offset: &[u8]) -> Result<Self, Error> {
        const KIND: Error = Error::text(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
        );
        let (is_signed, bits) = match kind {
            [b'i', bits @ ..] => (true, bits),
            [b'u', bits @ ..] => (false, bits),
            _ => return Err(KIND),
        };
        let bits_max = if is_signed { 64 } else { 63 };
        let bits = integer(bits).filter(|bits| (1..=bits_max).contains(bits));
        let bits = bits.ok_or(KIND)?;
        let (number, by) = match offset {
            [b'#', number @ ..] => (number, bits),
            number => (number, 1),
        };
        let offset = integer(number).and_then(|number| number.checked_mul(by));
        let offset = offset.and_then(|offset| usize::try_from(offset).ok());
        let offset = offset.filter(|offset| offset / 8 < STRING_BYTES_MAX);
        Ok(Self {
            is_signed,
            bits: bits as u32,
            offset: offset.ok_or(OFFSET)?,
        })
    }

    /// Its first byte.
    pub(crate) const fn start(&self) -> usize {
        self.offset / 8
    }

    /// The byte behind its last one.
    pub(crate) const fn end(&self) -> usize {
        (self.offset + self.bits as usize).div_ceil(8)
    }

    /// How many bits of its last byte are behind it.
    const fn after(&self) -> u32 {
        (8 * self.end() - self.offset) as u32 - self.bits
    }

    /// A number as it is given to be set: for a field without sign it has none.
    const fn given(&self, number: i64) -> i128 {
        if self.is_signed {
            number as i128
        } else {
            number.cast_unsigned() as i128
        }
    }

    /// Its bytes in a string, zeros behind the end.
    fn window(&self, string: &[u8]) -> u128 {
        (self.start()..self.end()).fold(0, |all, at| {
            all << 8 | u128::from(string.get(at).copied().unwrap_or(0))
        })
    }

    /// The number.
    pub(crate) fn value(&self, string: &[u8]) -> i128 {
        self.wrap((self.window(string) >> self.after()).cast_signed())
    }

    /// Its bytes in a string after it is set to a number that fits, and how many they are.
    pub(crate) fn bytes(&self, string: &[u8], value: i128) -> ([u8; 9], usize) {
        let mask = ((1_u128 << self.bits) - 1) << self.after();
        let value = value.cast_unsigned() << self.after() & mask;
        let count = self.end() - self.start();
        let all = ((self.window(string) & !mask | value) << (128 - 8 * count)).to_be_bytes();
        let mut bytes = [0; 9];
        bytes[..count].copy_from_slice(&all[..count]);
        (bytes, count)
    }

    /// A number that is set, made to fit, if it may be. One so near the least of 64 bits that its distance from the most of this field
    /// has no room in them is saturated at the wrong end, as Redis does it.
    pub(crate) fn fit_set(&self, number: i128, overflow: Overflow) -> Option<i128> {
        let most = (1_i128 << (self.bits - 1)) - 1;
        let wraps = self.is_signed && self.bits < 64 && most - number > i128::from(i64::MAX);
        match overflow {
            Overflow::Saturate if wraps => Some(most),
            _ => self.fit(number, overflow),
        }
    }

    /// A number made to fit, if it may be.
    pub(crate) fn fit(&self, number: i128, overflow: Overflow) -> Option<i128> {
        let (least, most) = if self.is_signed {
            let half = 1_i128 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1 << self.bits) - 1)
        };
        if (least..=most).contains(&number) {
            return Some(number);
        }
        match overflow {
            Overflow::Wrap => Some(self.wrap(number)),
            Overflow::Saturate => Some(number.clamp(least, most)),
            Overflow::Fail => None,
        }
    }

    /// Its bits of a number.
    const fn wrap(&self, number: i128) -> i128 {
        let above = 128 - self.bits;
        if self.is_signed {
            number << above >> above
        } else {
            (number.cast_unsigned() << above >> above).cast_signed()
        }
    }
}
