//! `SETEX key seconds value`

use crate::command::{Call, Error, Unit};
use crate::notice::Class;
use crate::partition::Expiry;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    put(call, Unit::Seconds, "setex")
}

/// Puts a value that expires.
pub(super) fn put(call: &mut Call<'_>, unit: Unit, command: &'static str) -> Result<(), Error> {
    let (key, time, value) = (call.args[1], call.args[2], call.args[3]);
    let at = unit.positive(time, call.keys.now(), command)?;
    call.keys.put_string(key, &[value], Expiry::At(at));
    call.keys.notify(Class::STRING, "set", key);
    call.keys.notify(Class::GENERIC, "expire", key);
    call.reply.ok();
    Ok(())
}
