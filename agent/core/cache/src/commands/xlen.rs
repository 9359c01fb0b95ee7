//! `XLEN key`

use crate::command::{Call, Error};
use crate::stream::Stream;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let length = call.keys.view::<Stream>(call.args[1])?;
    let length = length.map_or(0, |stream| stream.len());
    call.reply.integer(length.cast_signed());
    Ok(())
}
