//! Numbers and byte strings as commands and snapshots write them: numbers are LEB128, signed ones zigzagged, byte
//! strings have their length before them. Reading takes any bytes, copies no byte string, and never panics.

use bytes::{Buf, Bytes};

/// Writes fields.
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// How many bytes were written.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// Makes room for this many bytes more, and no more than that.
    pub fn reserve_exact(&mut self, bytes: usize) {
        self.out.reserve_exact(bytes);
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.out.into()
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) {
        self.out.push(byte);
    }

    /// A number of one to ten bytes.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    /// A number that is short whatever its sign.
    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    /// A byte string with its length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// Yes or no.
    pub fn flag(&mut self, flag: bool) {
        self.byte(u8::from(flag));
    }

    /// A byte string, or that there is none.
    pub fn optional_bytes(&mut self, bytes: Option<&[u8]>) {
        self.flag(bytes.is_some());
        if let Some(bytes) = bytes {
            self.bytes(bytes);
        }
    }
}

/// Reads fields; `None` wherever the bytes are not what they should be.
#[derive(Debug)]
pub struct Reader {
    input: Bytes,
}

impl Reader {
    /// Over these bytes, from their beginning.
    #[must_use]
    pub const fn new(input: Bytes) -> Self {
        Self { input }
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.input.has_remaining().then(|| self.input.get_u8())
    }

    /// A number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// A number that may be negative.
    pub fn signed(&mut self) -> Option<i64> {
        self.number()
            .map(|number| (number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A byte string, shared with the input.
    pub fn bytes(&mut self) -> Option<Bytes> {
        let len = usize::try_from(self.number()?).ok()?;
        (len <= self.input.len()).then(|| self.input.split_to(len))
    }

    /// A number of 32 bits.
    pub fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    /// Yes or no.
    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A byte string, shared with the input, or that there is none.
    pub fn optional_bytes(&mut self) -> Option<Option<Bytes>> {
        if self.flag()? {
            self.bytes().map(Some)
        } else {
            Some(None)
        }
    }

    /// A byte string that is UTF-8.
    pub fn text(&mut self) -> Option<String> {
        let bytes = self.bytes()?;
        std::str::from_utf8(&bytes).ok().map(str::to_owned)
    }

    /// A count of things that take at least one byte each.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?)
            .ok()
            .filter(|count| *count <= self.input.len())
    }
}
