//! `INCRBY key increment`, and all that counts by whole numbers.

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::number::integer;
use crate::partition::Expiry;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let by = integer(call.args[2]).ok_or(Error::NotInteger)?;
    count(call, by)
}

/// Adds to the number under a key, and answers the sum.
pub(super) fn count(call: &mut Call<'_>, by: i64) -> Result<(), Error> {
    let key = call.args[1];
    let number = match call.keys.string(key)? {
        Some(text) => integer(text).ok_or(Error::NotInteger)?,
        None => 0,
    };
    let number = number.checked_add(by).ok_or(Error::Overflow)?;
    let mut text = itoa::Buffer::new();
    let text = text.format(number).as_bytes();
    call.keys.put_string(key, &[text], Expiry::Keep);
    call.keys.notify(Class::STRING, "incrby", key);
    call.reply.integer(number);
    Ok(())
}
