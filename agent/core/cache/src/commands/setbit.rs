//! `SETBIT key offset value`

use crate::bitmap::{bit_offset, has_bit, mask};
use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, offset) = (call.args[1], bit_offset(call.args[2])?);
    let bit = match call.args[3] {
        b"0" => false,
        b"1" => true,
        _ => {
            return Err(Error::text("ERR bit is not an integer or out of range"));
        }
    };
    let string = call.keys.string(key)?.unwrap_or_default();
    let was_set = has_bit(string, offset);
    let byte = offset / 8;
    let before = string.get(byte).copied();
    if before.is_none() || was_set != bit {
        let flipped = if was_set == bit { 0 } else { mask(offset) };
        let after = before.unwrap_or(0) ^ flipped;
        let removed = usize::from(before.is_some());
        call.keys.splice_string(key, byte, removed, &[after]);
        call.keys.notify(Class::STRING, "setbit", key);
    } else {
        call.keys.show_raw(key);
    }
    call.reply.integer(i64::from(was_set));
    Ok(())
}
