//! Expiries as commands name them.

use super::Error;
use crate::number::integer;

/// How an expiry is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// So many seconds from now.
    Seconds,
    /// So many milliseconds from now.
    Milliseconds,
    /// At this Unix time in seconds.
    AtSecond,
    /// At this Unix time in milliseconds.
    AtMillisecond,
}

impl Unit {
    /// The option of this name: `EX`, `PX`, `EXAT`, `PXAT`.
    pub(crate) fn named(option: &[u8]) -> Option<Self> {
        let named = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        if named("ex") {
            Some(Self::Seconds)
        } else if named("px") {
            Some(Self::Milliseconds)
        } else if named("exat") {
            Some(Self::AtSecond)
        } else if named("pxat") {
            Some(Self::AtMillisecond)
        } else {
            None
        }
    }

    /// When that is, in Unix milliseconds. It may be over.
    ///
    /// # Errors
    /// If it is no number, or beyond what can be told, with the name of the command.
    pub(crate) fn time(self, number: &[u8], now: i64, command: &'static str) -> Result<i64, Error> {
        let number = integer(number).ok_or(Error::NotInteger)?;
        let in_milliseconds = match self {
            Self::Seconds | Self::AtSecond => number.checked_mul(1000),
            Self::Milliseconds | Self::AtMillisecond => Some(number),
        };
        let time = match self {
            Self::Seconds | Self::Milliseconds => {
                in_milliseconds.and_then(|it| it.checked_add(now))
            }
            Self::AtSecond | Self::AtMillisecond => in_milliseconds,
        };
        time.ok_or(Error::Expiry(command))
    }

    /// As [`Self::time`], of a number that is to be above 0.
    ///
    /// # Errors
    /// If it is not, too.
    pub(crate) fn positive(
        self,
        number: &[u8],
        now: i64,
        command: &'static str,
    ) -> Result<i64, Error> {
        match integer(number) {
            Some(..=0) => Err(Error::Expiry(command)),
            _ => self.time(number, now, command),
        }
    }
}
