//! `GETSET key value`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Expiry;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, value) = (call.args[1], call.args[2]);
    call.keys.set_reads(true);
    call.answer_string(key)?;
    call.keys.set_reads(false);
    call.keys.put_string(key, &[value], Expiry::None);
    call.keys.notify(Class::STRING, "set", key);
    Ok(())
}
