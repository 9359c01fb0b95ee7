//! `BITCOUNT key [start end [BYTE | BIT]]`

use crate::bitmap::{Unit, count};
use crate::command::{Call, Error};
use crate::number::integer;
use crate::string::between;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, range) = (call.args[1], &call.args[2..]);
    let (start, end, unit) = match range {
        [] => (0, -1, Unit::Byte),
        [start, end, unit @ ..] if unit.len() < 2 => {
            let start = integer(start).ok_or(Error::NotInteger)?;
            let end = integer(end).ok_or(Error::NotInteger)?;
            (start, end, Unit::parse(unit.first().copied())?)
        }
        _ => return Err(Error::Syntax),
    };
    let string = call.keys.string(key)?.unwrap_or_default();
    let range = between(start, end, unit.count(string));
    call.reply
        .count(range.map_or(0, |range| count(string, unit.bits(&range))));
    Ok(())
}
