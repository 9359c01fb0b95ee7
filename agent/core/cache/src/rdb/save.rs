//! Writes files as `SAVE` of Redis does.

use super::crc64::crc64;
use super::file::part;
use super::output::Output;
use super::value::Value;
use super::write::{Form, write};

/// So much gathers before it is given away.
const GATHERED_BYTES_MAX: usize = 64 * 1024;

/// What a file says of a key beside its value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// When it expires, in Unix milliseconds.
    pub expiry: Option<i64>,
    /// For how many seconds it was not used.
    pub idle_seconds: Option<u64>,
    /// How often it is used.
    pub frequency: Option<u8>,
}

/// A file while it is written, given away in pieces.
#[derive(Debug)]
pub struct File<G> {
    give: G,
    version: u16,
    gathered: Vec<u8>,
    crc: u64,
}

impl<E, G: FnMut(&[u8]) -> Result<(), E>> File<G> {
    /// Begins a file for readers of this version. What `give` fails with ends it.
    pub fn begin(version: u16, give: G) -> Self {
        let gathered = format!("REDIS{version:04}").into_bytes();
        Self {
            give,
            version,
            gathered,
            crc: 0,
        }
    }

    /// Something that the file says of itself.
    pub fn note(&mut self, name: &str, value: &str) {
        let mut out = Output::new(&mut self.gathered, false);
        out.push(part::ABOUT);
        out.string(name.as_bytes());
        out.string(value.as_bytes());
    }

    /// The keys of this database follow: so many, of which some expire.
    pub fn database(&mut self, number: usize, keys: usize, expiring: usize) {
        let mut out = Output::new(&mut self.gathered, false);
        out.push(part::DATABASE);
        out.number(number as u64);
        out.push(part::SIZES);
        out.number(keys as u64);
        out.number(expiring as u64);
    }

    /// A key, and what is under it: packed if it is small.
    ///
    /// # Errors
    /// What `give` fails with.
    pub fn key(
        &mut self,
        key: &[u8],
        value: &Value<'_>,
        about: &About,
        is_small: bool,
    ) -> Result<(), E> {
        let mut out = Output::new(&mut self.gathered, true);
        if let Some(at) = about.expiry {
            out.push(part::EXPIRY_MILLISECONDS);
            out.extend_from_slice(&at.to_le_bytes());
        }
        if let Some(seconds) = about.idle_seconds {
            out.push(part::IDLE);
            out.number(seconds);
        }
        if let Some(frequency) = about.frequency {
            out.push(part::FREQUENCY);
            out.push(frequency);
        }
        // The type stands before the key, the body behind it.
        let mut body = Vec::new();
        let form = Form {
            is_small,
            version: self.version,
            compresses: true,
        };
        write(value, form, &mut body);
        out.push(body[0]);
        out.string(key);
        out.extend_from_slice(&body[1..]);
        self.give_away(GATHERED_BYTES_MAX)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What `give` fails with.
    pub fn end(mut self) -> Result<(), E> {
        self.gathered.push(part::END);
        let crc = crc64(self.crc, &self.gathered);
        self.gathered.extend_from_slice(&crc.to_le_bytes());
        self.give_away(1)
    }

    fn give_away(&mut self, from: usize) -> Result<(), E> {
        if self.gathered.len() < from {
            return Ok(());
        }
        self.crc = crc64(self.crc, &self.gathered);
        (self.give)(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }
}
