//! Files that `SAVE` writes: keys with their values, one after another.

use super::crc64::crc64;
use super::error::{Error, Wrong};
use super::input::Input;
use super::value::{Bytes, Value};
use super::{VERSION_MAX, read};

/// A key with all that a file says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record<'a> {
    /// In which database it is.
    pub database: u64,
    /// The key.
    pub key: Bytes<'a>,
    /// When it expires, in Unix milliseconds.
    pub expiry: Option<i64>,
    /// For how many seconds it was not used.
    pub idle_seconds: Option<u64>,
    /// How often it is used.
    pub frequency: Option<u8>,
    /// Its value.
    pub value: Value<'a>,
}

/// The keys of a whole file. After an error there is nothing more.
#[derive(Debug)]
pub struct Records<'a> {
    input: Input<'a>,
    bytes: &'a [u8],
    state: State,
}

impl<'a> Records<'a> {
    /// Those of a file.
    ///
    /// # Errors
    /// If it is none, or of a version that is not known.
    pub fn of(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut input = Input::new(bytes, 0);
        let state = State::begin(&mut input)?;
        Ok(Self {
            input,
            bytes,
            state,
        })
    }

    /// Libraries of functions that were met so far, as `FUNCTION LOAD` takes them.
    #[must_use]
    pub fn libraries(&self) -> &[Vec<u8>] {
        &self.state.libraries
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.state.is_over {
            let before = self.input.at();
            match self.state.step(&mut self.input) {
                Ok(Step::Key(record)) => return Some(Ok(record)),
                Ok(Step::Nothing) => {}
                Ok(Step::End { checksum }) => {
                    let right = || crc64(0, &self.bytes[..before + 1]);
                    if checksum != 0 && checksum != right() {
                        return Some(self.input.wrong(Wrong::Checksum));
                    }
                }
                Err(error) => {
                    self.state.is_over = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

/// What was read of a file that matters for what follows.
#[derive(Debug)]
pub(super) struct State {
    version: u16,
    database: u64,
    expiry: Option<i64>,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
    pub(super) libraries: Vec<Vec<u8>>,
    pub(super) is_over: bool,
}

/// A part of a file.
pub(super) enum Step<'a> {
    Key(Record<'a>),
    /// Something that is told with what follows, or not at all.
    Nothing,
    /// The end, with the checksum of all before it, or 0 if there is none.
    End {
        checksum: u64,
    },
}

/// How many bytes the head of a file has.
pub(super) const HEAD: usize = 9;
/// From this version on there is a checksum at the end.
const VERSION_WITH_CHECKSUM: u16 = 5;

/// Kinds of parts that are not keys.
pub(super) mod part {
    pub(in crate::rdb) const SLOT: u8 = 244;
    pub(in crate::rdb) const LIBRARY: u8 = 245;
    pub(in crate::rdb) const OF_MODULE: u8 = 247;
    pub(in crate::rdb) const IDLE: u8 = 248;
    pub(in crate::rdb) const FREQUENCY: u8 = 249;
    pub(in crate::rdb) const ABOUT: u8 = 250;
    pub(in crate::rdb) const SIZES: u8 = 251;
    pub(in crate::rdb) const EXPIRY_MILLISECONDS: u8 = 252;
    pub(in crate::rdb) const EXPIRY_SECONDS: u8 = 253;
    pub(in crate::rdb) const DATABASE: u8 = 254;
    pub(in crate::rdb) const END: u8 = 255;
    /// Kinds below are types of values.
    pub(in crate::rdb) const FIRST: u8 = 240;
}

impl State {
    /// Reads the head of a file.
    pub(super) fn begin(input: &mut Input<'_>) -> Result<Self, Error> {
        let Some(digits) = input.take(HEAD)?.strip_prefix(b"REDIS") else {
            return Input::new(&[], 0).wrong(Wrong::Magic);
        };
        let text = std::str::from_utf8(digits).ok();
        let Some(version) = text.and_then(|text| text.parse().ok()) else {
            return Input::new(&[], 0).wrong(Wrong::Magic);
        };
        if !(1..=VERSION_MAX).contains(&version) {
            return Input::new(&[], 0).wrong(Wrong::Version(version));
        }
        Ok(Self {
            version,
            database: 0,
            expiry: None,
            idle_seconds: None,
            frequency: None,
            libraries: Vec::new(),
            is_over: false,
        })
    }

    /// Reads the next part, or nothing if it fails.
    pub(super) fn step<'a>(&mut self, input: &mut Input<'a>) -> Result<Step<'a>, Error> {
        let kind = input.byte()?;
        match kind {
            part::DATABASE => self.database = input.number()?,
            part::EXPIRY_SECONDS => {
                let seconds = i32::from_le_bytes(input.fixed()?);
                self.expiry = Some(i64::from(seconds) * 1000);
            }
            part::EXPIRY_MILLISECONDS => self.expiry = Some(i64::from_le_bytes(input.fixed()?)),
            part::IDLE => self.idle_seconds = Some(input.number()?),
            part::FREQUENCY => self.frequency = Some(input.byte()?),
            part::ABOUT => drop((input.string()?, input.string()?)),
            part::SIZES => drop((input.number()?, input.number()?)),
            part::SLOT => drop((input.number()?, input.number()?, input.number()?)),
            part::LIBRARY => {
                let library = input.string()?;
                self.libraries.push(library.into_owned());
            }
            part::OF_MODULE => skip_module(input)?,
            part::END => {
                let checksum = if self.version >= VERSION_WITH_CHECKSUM {
                    u64::from_le_bytes(input.fixed()?)
                } else {
                    0
                };
                self.is_over = true;
                return Ok(Step::End { checksum });
            }
            part::FIRST.. => return input.wrong(Wrong::Part(kind)),
            kind => {
                let key = input.string()?;
                let value = read::value(input, kind)?;
                return Ok(Step::Key(self.record(key, value)));
            }
        }
        Ok(Step::Nothing)
    }

    const fn record<'a>(&mut self, key: Bytes<'a>, value: Value<'a>) -> Record<'a> {
        Record {
            database: self.database,
            key,
            expiry: self.expiry.take(),
            idle_seconds: self.idle_seconds.take(),
            frequency: self.frequency.take(),
            value,
        }
    }
}

/// What a module wrote for itself.
fn skip_module(input: &mut Input<'_>) -> Result<(), Error> {
    let _module = input.number()?;
    let (_, _when) = (input.number()?, input.number()?);
    loop {
        match input.number()? {
            0 => return Ok(()),
            1 | 2 => drop(input.number()?),
            3 => drop(input.take(4)?),
            4 => drop(input.take(8)?),
            5 => drop(input.string()?),
            _ => return input.wrong(Wrong::Part(part::OF_MODULE)),
        }
    }
}
