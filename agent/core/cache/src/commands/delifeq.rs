//! `DELIFEQ key value`, of Valkey 9.0

use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, value) = (call.args[1], call.args[2]);
    let is_equal = call.keys.string(key)? == Some(value);
    if is_equal {
        call.keys.remove(key);
        call.keys.notify(Class::GENERIC, "del", key);
    }
    call.reply.integer(i64::from(is_equal));
    Ok(())
}
