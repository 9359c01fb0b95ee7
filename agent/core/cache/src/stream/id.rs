//! Ids of entries: milliseconds and a sequence number.

use crate::command::Error;
use crate::number::integer;
use crate::reply::Reply;

/// Two numbers of 64 bits, the more significant one first, so that the order of the bytes is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(super) [u8; 16]);

/// What [`Id::write`] needs at most: two numbers and a dash.
pub(crate) const TEXT_BYTES_MAX: usize = 41;

const INVALID: Error = Error::text("ERR Invalid stream ID specified as stream command argument");

impl Id {
    /// `0-0`, which no entry has.
    pub(crate) const MIN: Self = Self([0; 16]);
    /// Above it is none.
    pub(crate) const MAX: Self = Self([u8::MAX; 16]);

    pub(crate) const fn new(milliseconds: u64, sequence: u64) -> Self {
        Self((((milliseconds as u128) << 64) | sequence as u128).to_be_bytes())
    }

    const fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    pub(crate) const fn milliseconds(self) -> u64 {
        (self.number() >> 64) as u64
    }

    pub(crate) const fn sequence(self) -> u64 {
        self.number() as u64
    }

    /// The one after it.
    pub(crate) fn next(self) -> Option<Self> {
        self.number()
            .checked_add(1)
            .map(|it| Self(it.to_be_bytes()))
    }

    /// The one before it.
    pub(crate) fn previous(self) -> Option<Self> {
        self.number()
            .checked_sub(1)
            .map(|it| Self(it.to_be_bytes()))
    }

    /// As clients write it and read it.
    pub(crate) fn write(self, buffer: &mut [u8; TEXT_BYTES_MAX]) -> &[u8] {
        let (mut digits, mut length) = (itoa::Buffer::new(), 0);
        let mut put = |text: &[u8]| {
            buffer[length..length + text.len()].copy_from_slice(text);
            length += text.len();
        };
        put(digits.format(self.milliseconds()).as_bytes());
        put(b"-");
        put(digits.format(self.sequence()).as_bytes());
        &buffer[..length]
    }

    /// Answers it.
    pub(crate) fn answer(self, reply: &mut Reply) {
        reply.bulk(self.write(&mut [0; TEXT_BYTES_MAX]));
    }

    /// An id as a client names it; if it says but the milliseconds, this is its sequence number.
    pub(crate) fn parse(text: &[u8], sequence: u64) -> Result<Self, Error> {
        match New::parse(text, sequence)? {
            New::Whole(id) => Ok(id),
            New::Of(_) | New::Next => Err(INVALID),
        }
    }

    /// As [`Self::parse`], but `-` and `+` are the least and the greatest one.
    pub(crate) fn parse_bound(text: &[u8], sequence: u64) -> Result<Self, Error> {
        match text {
            b"-" => Ok(Self::MIN),
            b"+" => Ok(Self::MAX),
            _ => Self::parse(text, sequence),
        }
    }

    /// The first one of an interval; behind a `(` the interval begins after it.
    pub(crate) fn parse_start(text: &[u8]) -> Result<Self, Error> {
        match text {
            [b'(', text @ ..] if !text.is_empty() => Self::parse(text, 0)?
                .next()
                .ok_or(Error::text("ERR invalid start ID for the interval")),
            _ => Self::parse_bound(text, 0),
        }
    }

    /// The last one of an interval; behind a `(` the interval ends before it.
    pub(crate) fn parse_end(text: &[u8]) -> Result<Self, Error> {
        match text {
            [b'(', text @ ..] if !text.is_empty() => Self::parse(text, u64::MAX)?
                .previous()
                .ok_or(Error::text("ERR invalid end ID for the interval")),
            _ => Self::parse_bound(text, u64::MAX),
        }
    }
}

/// The id of an entry that is to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum New {
    /// `*`: it is made up.
    Next,
    /// `7-*`: its sequence number is made up.
    Of(u64),
    /// It is this one.
    Whole(Id),
}

impl New {
    /// An id as a client names it; if it says but the milliseconds, this is its sequence number.
    pub(crate) fn parse(text: &[u8], sequence: u64) -> Result<Self, Error> {
        // Redis reads up to the first zero byte, and nothing longer than this.
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        if text == b"*" {
            return Ok(Self::Next);
        }
        if text.len() > 127 {
            return Err(INVALID);
        }
        let dash = text.iter().position(|byte| *byte == b'-');
        let milliseconds = number(&text[..dash.unwrap_or(text.len())])?;
        match dash.map(|dash| &text[dash + 1..]) {
            None => Ok(Self::Whole(Id::new(milliseconds, sequence))),
            Some(b"*") => Ok(Self::Of(milliseconds)),
            Some(text) => Ok(Self::Whole(Id::new(milliseconds, number(text)?))),
        }
    }
}

/// A number as `strtoull` of C reads it, unless it is negative and written as such numbers are.
fn number(text: &[u8]) -> Result<u64, Error> {
    if let Some(number) = integer(text) {
        return u64::try_from(number).map_err(|_| INVALID);
    }
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let start = text.iter().position(|byte| !is_space(byte));
    let (is_negative, digits) = match &text[start.unwrap_or(text.len())..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    if digits.is_empty() {
        return Err(INVALID);
    }
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        let more = number.checked_mul(10).filter(|_| digit < 10);
        let more = more.and_then(|it| it.checked_add(u64::from(digit)));
        number = more.ok_or(INVALID)?;
    }
    Ok(if is_negative {
        number.wrapping_neg()
    } else {
        number
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_redis_reads_them() {
        for (text, id) in [
            ("0-0", Some(Id::MIN)),
            ("5", Some(Id::new(5, 9))),
            ("5-7", Some(Id::new(5, 7))),
            ("018-07", Some(Id::new(18, 7))),
            (" 5-+7", Some(Id::new(5, 7))),
            ("18446744073709551615-18446744073709551615", Some(Id::MAX)),
            ("18446744073709551616-1", None),
            ("", None),
            ("-", None),
            ("+", None),
            ("-5", None),
            ("5-", None),
            ("5--7", None),
            ("5-7-", None),
            ("5-7 ", None),
            ("*", None),
            ("5-*", None),
            ("x", None),
        ] {
            assert_eq!(Id::parse(text.as_bytes(), 9).ok(), id, "{text}");
        }
    }

    #[test]
    fn ids_are_written_as_they_are_read() {
        for id in [Id::MIN, Id::MAX, Id::new(1_767_225_600_000, 3)] {
            let mut buffer = [0; TEXT_BYTES_MAX];
            assert_eq!(Id::parse(id.write(&mut buffer), 0), Ok(id));
        }
        assert_eq!(Id::new(4, u64::MAX).next(), Some(Id::new(5, 0)));
        assert_eq!(Id::new(5, 0).previous(), Some(Id::new(4, u64::MAX)));
        assert_eq!((Id::MAX.next(), Id::MIN.previous()), (None, None));
    }
}
