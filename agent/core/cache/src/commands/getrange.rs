//! `GETRANGE key start end`

use crate::command::{Call, Error};
use crate::number::integer;
use crate::string::between;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let start = integer(call.args[2]).ok_or(Error::NotInteger)?;
    let end = integer(call.args[3]).ok_or(Error::NotInteger)?;
    let string = call.keys.string_view(call.args[1])?;
    let found = string.and_then(|it| Some((it, between(start, end, it.bytes.len())?)));
    match found {
        Some((string, range)) => string.answer(range, call.reply),
        None => call.reply.bulk(b""),
    }
    Ok(())
}
