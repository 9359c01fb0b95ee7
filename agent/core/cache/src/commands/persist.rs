//! `PERSIST key`: it does not expire any more.

use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    let found = call.keys.find(key);
    let expires = found.is_some_and(|found| found.header.expiry.is_some());
    if expires {
        call.keys.expire_at(key, None);
        call.keys.notify(Class::GENERIC, "persist", key);
    }
    call.reply.integer(expires.into());
    Ok(())
}
