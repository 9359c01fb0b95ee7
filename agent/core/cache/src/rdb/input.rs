//! Reads numbers and strings from bytes.

use std::borrow::Cow;

use super::error::{Error, Wrong};
use super::lzf;
use super::value::Bytes;

/// Bytes, and how far they are read.
#[derive(Clone, Debug)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the bytes begin in all that is read.
    base: u64,
}

/// What stands where a length is expected.
enum Length {
    Plain(u64),
    /// A string in a form of its own follows.
    Encoded(u8),
}

/// Room for so many things is made before they are read.
const AT_ONCE: usize = 1024;

/// Forms of strings.
const BYTE: u8 = 0;
const TWO_BYTES: u8 = 1;
const FOUR_BYTES: u8 = 2;
const COMPRESSED: u8 = 3;

impl<'a> Input<'a> {
    pub(super) const fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, at: 0, base }
    }

    /// How many bytes are read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// How many are not.
    pub(super) const fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Where it is in all that is read.
    pub(super) const fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(super) const fn wrong<T>(&self, wrong: Wrong) -> Result<T, Error> {
        Err(Error {
            offset: self.offset(),
            wrong,
        })
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..length) else {
            return self.wrong(Wrong::Cut);
        };
        self.at += length;
        Ok(taken)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        Ok(self.take(N)?.try_into().expect("so many were taken"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.fixed::<1>()?[0])
    }

    /// A number where lengths stand.
    pub(super) fn number(&mut self) -> Result<u64, Error> {
        let before = self.offset();
        match self.length()? {
            Length::Plain(number) => Ok(number),
            Length::Encoded(_) => Err(Error {
                offset: before,
                wrong: Wrong::Length,
            }),
        }
    }

    /// How many things of at least a byte each follow.
    pub(super) fn count(&mut self) -> Result<usize, Error> {
        Ok(usize::try_from(self.number()?).unwrap_or(usize::MAX))
    }

    /// Things that follow, as many as were counted.
    pub(super) fn all<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let count = self.count()?;
        // Room for more is made when more is there.
        let mut all = Vec::with_capacity(count.min(self.left()).min(AT_ONCE));
        for _ in 0..count {
            all.push(one(self)?);
        }
        Ok(all)
    }

    pub(super) fn string(&mut self) -> Result<Bytes<'a>, Error> {
        let before = self.offset();
        match self.length()? {
            Length::Plain(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                self.take(length).map(Cow::Borrowed)
            }
            Length::Encoded(BYTE) => Ok(text(i64::from(self.byte()?.cast_signed()))),
            Length::Encoded(TWO_BYTES) => Ok(text(i16::from_le_bytes(self.fixed()?).into())),
            Length::Encoded(FOUR_BYTES) => Ok(text(i32::from_le_bytes(self.fixed()?).into())),
            Length::Encoded(COMPRESSED) => {
                let (compressed, length) = (self.count()?, self.count()?);
                let compressed = self.take(compressed)?;
                match lzf::decompressed(compressed, length) {
                    Some(bytes) => Ok(Cow::Owned(bytes)),
                    None => Err(Error {
                        offset: before,
                        wrong: Wrong::Compressed,
                    }),
                }
            }
            Length::Encoded(_) => Err(Error {
                offset: before,
                wrong: Wrong::Length,
            }),
        }
    }

    fn length(&mut self) -> Result<Length, Error> {
        let first = self.byte()?;
        let low = first & 0x3f;
        match first >> 6 {
            0 => Ok(Length::Plain(low.into())),
            1 => Ok(Length::Plain(u64::from(low) << 8 | u64::from(self.byte()?))),
            2 if first == 0x80 => Ok(Length::Plain(u32::from_be_bytes(self.fixed()?).into())),
            2 if first == 0x81 => Ok(Length::Plain(u64::from_be_bytes(self.fixed()?))),
            2 => self.wrong(Wrong::Length),
            _ => Ok(Length::Encoded(low)),
        }
    }
}

/// A number as text.
pub(super) fn text<'a>(number: i64) -> Bytes<'a> {
    Cow::Owned(itoa::Buffer::new().format(number).as_bytes().to_vec())
}
