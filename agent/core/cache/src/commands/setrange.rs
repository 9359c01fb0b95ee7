//! `SETRANGE key offset value`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::number::integer;
use crate::string::STRING_BYTES_MAX;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, value) = (call.args[1], call.args[3]);
    let offset = integer(call.args[2]).ok_or(Error::NotInteger)?;
    let Ok(start) = usize::try_from(offset) else {
        return Err(Error::text("ERR offset is out of range"));
    };
    let length = call.keys.string(key)?.map_or(0, <[u8]>::len);
    if value.is_empty() {
        call.reply.count(length);
        return Ok(());
    }
    let end = start.saturating_add(value.len());
    if end > STRING_BYTES_MAX {
        return Err(Error::TooLong);
    }
    let removed = end.min(length).saturating_sub(start);
    call.keys.splice_string(key, start, removed, value);
    call.keys.notify(Class::STRING, "setrange", key);
    call.reply.count(end.max(length));
    Ok(())
}
