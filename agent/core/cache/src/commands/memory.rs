//! `MEMORY USAGE key [SAMPLES count]`: all of the value is weighed, whatever the count says.

use crate::command::{Call, Error};
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
