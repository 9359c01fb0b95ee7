//! `RENAMENX key newkey`: unless there is something under the new key.

use super::rename::rename;
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, to) = (call.args[1], call.args[2]);
    if call.keys.find(key).is_none() {
        return Err(Error::NoSuchKey);
    }
    let is_free = key != to && call.keys.find(to).is_none();
    if is_free {
        rename(call, key, to);
    }
    call.reply.integer(is_free.into());
    Ok(())
}
