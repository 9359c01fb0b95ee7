//! `RENAME key newkey`

use crate::command::{Call, Error};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, to) = (call.args[1], call.args[2]);
    if call.keys.find(key).is_none() {
        return Err(Error::NoSuchKey);
    }
    if key != to {
        rename(call, key, to);
    }
    call.reply.ok();
    Ok(())
}

/// Gives a value that is there another key, whatever was under that.
pub(super) fn rename(call: &mut Call<'_>, key: &[u8], to: &[u8]) {
    let database = call.keys.database();
    call.keys.find(to);
    call.keys.carry(key, (database, to), false);
    call.keys.notify(Class::NEW, "new", to);
    call.keys.notify(Class::GENERIC, "rename_from", key);
    call.keys.notify(Class::GENERIC, "rename_to", to);
}
