//! `TOUCH key [key ...]`: they are used, but nothing is done with them.

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let keys = call.args[1..].iter();
    let there = keys.filter(|key| call.keys.find(key).is_some()).count();
    call.reply.count(there);
    Ok(())
}
