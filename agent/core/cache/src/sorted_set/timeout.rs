//! How long a command waits.

use crate::command::Error;
use crate::number::double;

/// Seconds, in milliseconds; 0 is for ever.
pub(crate) fn timeout(text: &[u8], now: i64) -> Result<Option<u64>, Error> {
    let seconds = double(text).ok_or(Error::text("ERR timeout is not a float or out of range"))?;
    let milliseconds = (seconds * 1000.0).ceil();
    if milliseconds > i64::MAX as f64 {
        return Err(Error::text("ERR timeout is out of range"));
    }
    if milliseconds < 0.0 {
        return Err(Error::text("ERR timeout is negative"));
    }
    let milliseconds = milliseconds as u64;
    let until = now.checked_add_unsigned(milliseconds);
    until.ok_or(Error::text("ERR timeout is out of range"))?;
    Ok((milliseconds > 0).then_some(milliseconds))
}
