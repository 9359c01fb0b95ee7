//! `GETBIT key offset`

use crate::bitmap::{bit_offset, has_bit};
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let offset = bit_offset(call.args[2])?;
    let string = call.keys.string(call.args[1])?.unwrap_or_default();
    call.reply.integer(i64::from(has_bit(string, offset)));
    Ok(())
}
