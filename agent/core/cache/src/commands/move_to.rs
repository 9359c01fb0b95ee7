//! `MOVE key db`: unless there is something under it in the other database.

use crate::command::{Call, Error, database_number};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, own) = (call.args[1], call.keys.database());
    let database = database_number(call.args[2])?;
    if database == own {
        return Err(Error::text(
            "ERR source and destination objects are the same",
        ));
    }
    let is_free = call.keys.find(key).is_some()
        && call.keys.within(database, |keys| keys.find(key).is_none());
    if is_free {
        call.keys.carry(key, (database, key), false);
        call.keys
            .within(database, |keys| keys.notify(Class::NEW, "new", key));
        call.keys.notify(Class::GENERIC, "move_from", key);
        call.keys.within(database, |keys| {
            keys.notify(Class::GENERIC, "move_to", key);
        });
    }
    call.reply.integer(is_free.into());
    Ok(())
}
