//! `GETDEL key`

use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    call.keys.set_reads(true);
    if call.answer_string(key)? {
        call.keys.remove(key);
        call.keys.notify(Class::GENERIC, "del", key);
    }
    Ok(())
}
