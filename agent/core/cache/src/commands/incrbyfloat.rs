//! `INCRBYFLOAT key increment`

use crate::command::{Call, Error};
use crate::long_double::LongDouble;
use crate::notice::Class;
use crate::partition::Expiry;
use crate::string::BY_LENGTH;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, by) = (call.args[1], call.args[2]);
    let number = match call.keys.string(key)? {
        Some(text) => LongDouble::parse(text).ok_or(Error::NotFloat)?,
        None => LongDouble::ZERO,
    };
    let by = LongDouble::parse(by).ok_or(Error::NotFloat)?;
    let Some(sum) = number.plus(by) else {
        return Err(Error::text("ERR increment would produce NaN or Infinity"));
    };
    let text = sum.text();
    // It is never shown as a whole number, even if it is one.
    call.keys
        .put_string_shown(key, &[text.as_bytes()], Expiry::Keep, BY_LENGTH);
    call.keys.notify(Class::STRING, "incrbyfloat", key);
    call.reply.bulk(text.as_bytes());
    Ok(())
}
