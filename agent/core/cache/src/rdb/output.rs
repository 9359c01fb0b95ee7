//! What is written, and how strings are.

use super::lzf::Compressor;
use crate::number::integer;

/// Bytes to the end of which is written.
pub(super) struct Output<'a> {
    bytes: &'a mut Vec<u8>,
    /// If strings are compressed.
    compressor: Option<Compressor>,
}

/// A shorter string is not compressed.
const COMPRESSED_FROM: usize = 21;
/// So much is to be gained by it.
const GAIN: usize = 4;

impl<'a> Output<'a> {
    pub(super) fn new(bytes: &'a mut Vec<u8>, compresses: bool) -> Self {
        let compressor = compresses.then(Compressor::default);
        Self { bytes, compressor }
    }

    pub(super) fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn extend_from_slice(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A number where lengths stand.
    pub(super) fn number(&mut self, number: u64) {
        if number < 1 << 6 {
            self.push(number as u8);
        } else if number < 1 << 14 {
            self.push(0x40 | (number >> 8) as u8);
            self.push(number as u8);
        } else if let Ok(number) = u32::try_from(number) {
            self.push(0x80);
            self.extend_from_slice(&number.to_be_bytes());
        } else {
            self.push(0x81);
            self.extend_from_slice(&number.to_be_bytes());
        }
    }

    /// A string: a short number as such.
    pub(super) fn string(&mut self, bytes: &[u8]) {
        const DIGITS_MAX: usize = 11;
        let small = if bytes.len() <= DIGITS_MAX {
            integer(bytes).and_then(|number| i32::try_from(number).ok())
        } else {
            None
        };
        match small {
            Some(small) => self.small(small),
            None if self.compressed(bytes).is_some() => {}
            None => {
                self.number(bytes.len() as u64);
                self.extend_from_slice(bytes);
            }
        }
    }

    fn small(&mut self, small: i32) {
        let bytes = small.to_le_bytes();
        if i8::try_from(small).is_ok() {
            self.push(0xc0);
            self.push(bytes[0]);
        } else if i16::try_from(small).is_ok() {
            self.push(0xc1);
            self.extend_from_slice(&bytes[..2]);
        } else {
            self.push(0xc2);
            self.extend_from_slice(&bytes);
        }
    }

    /// A string, compressed, if that is to be done and something is gained by it.
    fn compressed(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.len() < COMPRESSED_FROM {
            return None;
        }
        let compressor = self.compressor.as_mut()?;
        let compressed = compressor.compressed(bytes, bytes.len() - GAIN)?;
        self.push(0xc3);
        self.number(compressed.len() as u64);
        self.number(bytes.len() as u64);
        self.extend_from_slice(&compressed);
        Some(())
    }
}
