//! `EXISTS key [key ...]`: a key that is named twice counts twice.

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let keys = call.args[1..].iter();
    let there = keys.filter(|key| call.keys.look(key).is_some()).count();
    call.reply.count(there);
    Ok(())
}
