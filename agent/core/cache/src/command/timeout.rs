//! For how long a command waits, as commands name it.

use super::Error;
use crate::long_double::LongDouble;
use crate::number::double;

/// Milliseconds of a time in seconds; none for 0, which is for ever.
///
/// # Errors
/// If it is no number, is negative, or ends when nobody can tell.
pub(crate) fn timeout(seconds: &[u8], now: i64) -> Result<Option<u64>, Error> {
    /// Redis reckons with longer numbers; a difference that small would not be there.
    const TOO_SMALL: f64 = 1e-9;
    const WORDS: &str = "ERR timeout is not a float or out of range";
    let milliseconds = match double(seconds) {
        Some(number) => number * 1000.0,
        None => longer(seconds).ok_or(Error::text(WORDS))?,
    };
    let whole = milliseconds.round();
    let milliseconds = if (milliseconds - whole).abs() < TOO_SMALL * whole.abs() {
        whole
    } else {
        milliseconds.ceil()
    };
    if milliseconds < 0.0 {
        return Err(Error::text("ERR timeout is negative"));
    }
    if milliseconds > (i64::MAX - now.max(0)) as f64 {
        return Err(Error::text("ERR timeout is out of range"));
    }
    let milliseconds = milliseconds as u64;
    Ok((milliseconds > 0).then_some(milliseconds))
}

/// A number that is a number only among the longer ones with which Redis reckons: too large, or too small.
fn longer(text: &[u8]) -> Option<f64> {
    let number = LongDouble::parse(text).filter(|number| number.is_finite())?;
    Some(if number.text().starts_with('-') {
        f64::NEG_INFINITY
    } else {
        f64::INFINITY
    })
}
