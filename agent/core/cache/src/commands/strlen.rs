//! `STRLEN key`

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let string = call.keys.string(call.args[1])?;
    call.reply.count(string.map_or(0, <[u8]>::len));
    Ok(())
}
