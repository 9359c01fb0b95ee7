//! How values are written: numbers big-endian, byte strings and text with a length before them, vectors with a count.
//!
//! A length or count of -1 is null. A type that ZooKeeper takes as null is an [`Option`] here; for another, null is an
//! error of decoding, since the server fails on it as it fails on bytes that it cannot read.
//!
//! Where this is stricter than ZooKeeper: there, a count below -1 is an empty vector, and a count that promises more than
//! is there fails later. Neither comes from any client. Where it is as lenient: any byte but 0 is true, and bytes after a
//! record are not looked at.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{DecodeError, Text, Why, framed};

/// The length and count that stand for null.
const NULL: i32 = -1;

/// Reads fields of a frame, and knows where it is.
#[derive(Debug, Clone)]
pub struct Reader {
    frame: Bytes,
    at: usize,
}

impl Reader {
    /// From the frame's first byte.
    #[must_use]
    pub const fn new(frame: Bytes) -> Self {
        Self { frame, at: 0 }
    }

    /// Bytes that are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.frame.len() - self.at
    }

    /// Bytes that were read: the offset of what comes next.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Reads a value; `field` names it in errors.
    ///
    /// # Errors
    /// When the bytes are no such value.
    pub fn read<T: Wire>(&mut self, field: &'static str) -> Result<T, DecodeError> {
        T::read(self, field)
    }

    /// The error of a field that began `back` bytes before here.
    pub(crate) const fn error(&self, field: &'static str, back: usize, why: Why) -> DecodeError {
        let offset = self.at - back;
        DecodeError { field, offset, why }
    }

    fn need(&self, field: &'static str, needed: usize) -> Result<(), DecodeError> {
        let remaining = self.remaining();
        if needed <= remaining {
            return Ok(());
        }
        Err(self.error(field, 0, Why::Short { needed, remaining }))
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], DecodeError> {
        self.need(field, N)?;
        let mut array = [0; N];
        array.copy_from_slice(&self.frame[self.at..self.at + N]);
        self.at += N;
        Ok(array)
    }

    /// A length or count; `None` for null.
    fn length(&mut self, field: &'static str) -> Result<Option<usize>, DecodeError> {
        match i32::read(self, field)? {
            NULL => Ok(None),
            length => usize::try_from(length)
                .map(Some)
                .map_err(|_| self.error(field, 4, Why::Negative(length))),
        }
    }

    /// A byte string, which shares the frame.
    fn bytes(&mut self, field: &'static str) -> Result<Option<Bytes>, DecodeError> {
        let Some(length) = self.length(field)? else {
            return Ok(None);
        };
        self.need(field, length)?;
        let bytes = self.frame.slice(self.at..self.at + length);
        self.at += length;
        Ok(Some(bytes))
    }

    fn vector<T: Wire>(&mut self, field: &'static str) -> Result<Option<Vec<T>>, DecodeError> {
        let Some(count) = self.length(field)? else {
            return Ok(None);
        };
        let remaining = self.remaining();
        // Looked at before anything is allocated for it.
        if count > remaining / T::BYTES_MIN.max(1) {
            return Err(self.error(field, 4, Why::TooMany { count, remaining }));
        }
        let mut vector = Vec::with_capacity(count);
        for _ in 0..count {
            vector.push(T::read(self, field)?);
        }
        Ok(Some(vector))
    }
}

/// A value that has a form on the wire.
pub trait Wire: Sized {
    /// The fewest bytes that a value takes; it bounds what a count may promise.
    const BYTES_MIN: usize;

    /// Reads it; `field` names it in errors.
    ///
    /// # Errors
    /// When the bytes are no such value.
    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError>;

    /// Writes it.
    fn write(&self, out: &mut BytesMut);

    /// Reads it from a frame's beginning. Bytes after it are not looked at.
    ///
    /// # Errors
    /// When the bytes are no such value.
    fn decode(frame: &Bytes) -> Result<Self, DecodeError> {
        Reader::new(frame.clone()).read("")
    }

    /// Appends it as a frame of its own, with its length: for connect requests and connect responses.
    fn encode(&self, out: &mut BytesMut) {
        framed(out, |out| self.write(out));
    }
}

impl Wire for bool {
    const BYTES_MIN: usize = 1;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        input.array::<1>(field).map(|[byte]| byte != 0)
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_u8(u8::from(*self));
    }
}

impl Wire for i32 {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        input.array(field).map(Self::from_be_bytes)
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_i32(*self);
    }
}

impl Wire for i64 {
    const BYTES_MIN: usize = 8;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        input.array(field).map(Self::from_be_bytes)
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_i64(*self);
    }
}

impl Wire for Option<Bytes> {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        input.bytes(field)
    }

    fn write(&self, out: &mut BytesMut) {
        match self {
            None => out.put_i32(NULL),
            Some(bytes) => {
                out.put_i32(length(bytes.len()));
                out.put_slice(bytes);
            }
        }
    }
}

impl Wire for Option<Text> {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        Ok(input.bytes(field)?.map(Text::of_wire))
    }

    fn write(&self, out: &mut BytesMut) {
        match self {
            None => out.put_i32(NULL),
            Some(text) => text.write(out),
        }
    }
}

impl Wire for Text {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        let text: Option<Self> = input.read(field)?;
        text.ok_or_else(|| input.error(field, 4, Why::Null))
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_i32(length(self.as_bytes().len()));
        out.put_slice(self.as_bytes());
    }
}

impl<T: Wire> Wire for Option<Vec<T>> {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        input.vector(field)
    }

    fn write(&self, out: &mut BytesMut) {
        match self {
            None => out.put_i32(NULL),
            Some(vector) => vector.write(out),
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    const BYTES_MIN: usize = 4;

    fn read(input: &mut Reader, field: &'static str) -> Result<Self, DecodeError> {
        let vector: Option<Self> = input.read(field)?;
        vector.ok_or_else(|| input.error(field, 4, Why::Null))
    }

    fn write(&self, out: &mut BytesMut) {
        out.put_i32(length(self.len()));
        for element in self {
            element.write(out);
        }
    }
}

/// A length or count as it is written.
///
/// # Panics
/// Beyond 2 GiB, which no frame can carry.
pub(crate) fn length(length: usize) -> i32 {
    i32::try_from(length).expect("a frame of less than 2 GiB")
}
