//! `MGET key [key ...]`

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let keys = &call.args[1..];
    call.reply.array(keys.len());
    for key in keys {
        // What is no string is none.
        if call.answer_string(key).is_err() {
            call.reply.null();
        }
    }
    Ok(())
}
