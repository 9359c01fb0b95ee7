//! `DEL key [key ...]`

use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let mut removed = 0;
    for key in &call.args[1..] {
        if call.keys.remove(key) {
            call.keys.notify(Class::GENERIC, "del", key);
            removed += 1;
        }
    }
    call.reply.integer(removed);
    Ok(())
}
