//! `MEMORY USAGE key [SAMPLES count]`: all of the value is weighed, whatever the count says; `DEBUG OBJECT key`.

use crate::command::{Call, Error};
use crate::commands::object;
use crate::number::integer;

pub(crate) fn usage(call: &mut Call<'_>) -> Result<(), Error> {
    for option in call.args[3..].chunks(2) {
        match option {
            [word, count] if word.eq_ignore_ascii_case(b"samples") => {
                let count = integer(count).ok_or(Error::NotInteger)?;
                if count < 0 {
                    return Err(Error::Syntax);
                }
            }
            _ => return Err(Error::Syntax),
        }
    }
    call.keys.count_looks(false);
    let (database, key) = (call.keys.database(), call.args[2]);
    match call.keys.partition(key).usage(database, key) {
        Some(bytes) => call.reply.count(bytes),
        None => call.reply.null(),
    }
    Ok(())
}

/// `DEBUG OBJECT key`: how a value is kept.
pub(crate) fn debug_object(call: &mut Call<'_>) -> Result<(), Error> {
    let (database, key) = (call.keys.database(), call.args[2]);
    let found = call.keys.look(key).ok_or(Error::NoSuchKey)?;
    let partition = call.keys.partition(key);
    let encoding = object::encoding_of(&found, partition.value(database, &found));
    let access = partition.access();
    let (clock, idle) = (
        (partition.now() / 1000) & 0xff_ffff,
        access.idle_seconds(found.header.access),
    );
    let bytes = partition.usage(database, key).unwrap_or_default();
    call.reply.simple(&format!(
        "Value at:0x0 refcount:1 encoding:{encoding} serializedlength:{bytes} lru:{clock} lru_seconds_idle:{idle}"
    ));
    Ok(())
}
