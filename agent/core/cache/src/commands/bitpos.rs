//! `BITPOS key bit [start [end [BYTE | BIT]]]`

use crate::bitmap::{Unit, position};
use crate::command::{Call, Error};
use crate::number::integer;
use crate::string::between_clamped;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, range) = (call.args[1], &call.args[3..]);
    let bit = match integer(call.args[2]).ok_or(Error::NotInteger)? {
        0 => false,
        1 => true,
        _ => return Err(Error::text("ERR The bit argument must be 1 or 0.")),
    };
    let (start, end, unit) = parse(range)?;
    let Some(string) = call.keys.string(key)? else {
        call.reply.integer(if bit { -1 } else { 0 });
        return Ok(());
    };
    let range = between_clamped(start, end.unwrap_or(-1), unit.count(string));
    let found = range.and_then(|range| {
        let bits = unit.bits(&range);
        let is_open = !bit && end.is_none();
        position(string, bits.clone(), bit).or_else(|| is_open.then_some(bits.end))
    });
    match found {
        Some(at) => call.reply.count(at),
        None => call.reply.integer(-1),
    }
    Ok(())
}

fn parse(range: &[&[u8]]) -> Result<(i64, Option<i64>, Unit), Error> {
    let [start, rest @ ..] = range else {
        return Ok((0, None, Unit::Byte));
    };
    if rest.len() > 2 {
        return Err(Error::Syntax);
    }
    let start = integer(start).ok_or(Error::NotInteger)?;
    let (end, unit) = match rest {
        [] => return Ok((start, None, Unit::Byte)),
        [end] => (end, Unit::Byte),
        [end, unit] => (end, Unit::parse(Some(unit))?),
        _ => return Err(Error::Syntax),
    };
    let end = integer(end).ok_or(Error::NotInteger)?;
    Ok((start, Some(end), unit))
}
