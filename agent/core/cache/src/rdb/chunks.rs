//! A file that comes in chunks.

use super::crc64::crc64;
use super::error::{Error, Wrong};
use super::file::{HEAD, Record, State, Step};
use super::input::Input;

/// Reads a file as it comes: give it chunks, and after each ask for keys until there is none.
///
/// It keeps what is not read yet: not more than a key with its value, and a chunk.
#[derive(Debug, Default)]
pub struct Chunks {
    bytes: Vec<u8>,
    /// How many of them are read.
    read: usize,
    /// How many bytes came before these.
    before: u64,
    /// Of all that came before.
    crc: u64,
    /// As long as there is not so much, a key is not whole.
    whole_from: usize,
    is_ended: bool,
    state: Option<State>,
    failed: Option<Error>,
}

impl Chunks {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// More of the file.
    pub fn feed(&mut self, chunk: &[u8]) {
        if self.read > 0 {
            self.crc = crc64(self.crc, &self.bytes[..self.read]);
            self.before += self.read as u64;
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        self.bytes.extend_from_slice(chunk);
    }

    /// The next key, if all of it came already.
    ///
    /// # Errors
    /// If the file is damaged; always, from then on.
    #[allow(
        clippy::should_implement_trait,
        reason = "what it gives is borrowed from it"
    )]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.state.is_none() && !self.begin()? {
            return Ok(None);
        }
        let state = self.state.as_mut().expect("it began");
        while !state.is_over {
            if self.bytes.len() - self.read < self.whole_from && !self.is_ended {
                return Ok(None);
            }
            let start = self.read;
            let offset = self.before + start as u64;
            let mut input = Input::new(&self.bytes[start..], offset);
            match state.step(&mut input) {
                Ok(step) => {
                    self.read += input.at();
                    self.whole_from = 0;
                    match step {
                        Step::Nothing => {}
                        Step::Key(record) => return Ok(Some(record)),
                        Step::End { checksum } => {
                            let crc = crc64(self.crc, &self.bytes[..=start]);
                            if checksum != 0 && checksum != crc {
                                let wrong = Wrong::Checksum;
                                self.failed = Some(Error { offset, wrong });
                                return Err(Error { offset, wrong });
                            }
                        }
                    }
                }
                Err(error) if error.wrong == Wrong::Cut && !self.is_ended => {
                    // Each key is tried but a few times, however large it is.
                    self.whole_from = (2 * (self.bytes.len() - start)).max(1);
                    return Ok(None);
                }
                Err(error) => {
                    self.failed = Some(error);
                    return Err(error);
                }
            }
        }
        Ok(None)
    }

    fn begin(&mut self) -> Result<bool, Error> {
        if self.bytes.len() < HEAD && !self.is_ended {
            return Ok(false);
        }
        match State::begin(&mut Input::new(&self.bytes, 0)) {
            Ok(state) => {
                self.state = Some(state);
                self.read = HEAD;
                Ok(true)
            }
            Err(error) => {
                self.failed = Some(error);
                Err(error)
            }
        }
    }

    /// What came behind the end of the file, and where it begins, once that is read. Nothing is left of it here then.
    pub fn rest(&mut self) -> Option<(u64, Vec<u8>)> {
        if !self.state.as_ref()?.is_over || self.failed.is_some() {
            return None;
        }
        let offset = self.before + self.read as u64;
        let rest = self.bytes.split_off(self.read);
        Some((offset, rest))
    }

    /// Nothing more comes: what is cut short is damaged from now on.
    pub const fn end(&mut self) {
        self.is_ended = true;
    }

    /// Libraries of functions that were met so far, as `FUNCTION LOAD` takes them.
    #[must_use]
    pub fn libraries(&self) -> &[Vec<u8>] {
        self.state.as_ref().map_or(&[], |state| &state.libraries)
    }
}
