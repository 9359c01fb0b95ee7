//! `APPEND key value`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Expiry;
use crate::string::STRING_BYTES_MAX;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, value) = (call.args[1], call.args[2]);
    let before = call.keys.string(key)?.map(<[u8]>::len);
    let length = before.unwrap_or(0) + value.len();
    if length > STRING_BYTES_MAX {
        return Err(Error::TooLong);
    }
    match before {
        Some(end) => call.keys.splice_string(key, end, 0, value),
        None => call.keys.put_string(key, &[value], Expiry::None),
    }
    call.keys.notify(Class::STRING, "append", key);
    call.reply.count(length);
    Ok(())
}
