//! `SETNX key value`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Expiry;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, value) = (call.args[1], call.args[2]);
    let is_new = call.keys.find(key).is_none();
    if is_new {
        call.keys.put_string(key, &[value], Expiry::None);
        call.keys.notify(Class::STRING, "set", key);
    }
    call.reply.integer(i64::from(is_new));
    Ok(())
}
