//! `COPY source destination [DB destination-db] [REPLACE]`

use crate::command::{Call, Error, database_number};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, to, mut options) = (call.args[1], call.args[2], &call.args[3..]);
    let own = call.keys.database();
    let (mut database, mut replaces) = (own, false);
    while let [word, rest @ ..] = options {
        options = rest;
        if word.eq_ignore_ascii_case(b"replace") {
            replaces = true;
        } else if word.eq_ignore_ascii_case(b"db")
            && let [number, rest @ ..] = options
        {
            database = database_number(number)?;
            options = rest;
        } else {
            return Err(Error::Syntax);
        }
    }
    if database == own && key == to {
        return Err(Error::text(
            "ERR source and destination objects are the same",
        ));
    }
    let may_be_there = |call: &mut Call<'_>| {
        replaces || call.keys.within(database, |keys| keys.find(to).is_none())
    };
    call.keys.set_reads(true);
    let is_there = call.keys.find(key).is_some();
    call.keys.set_reads(false);
    let copies = is_there && may_be_there(call);
    if copies {
        call.keys.carry(key, (database, to), true);
        call.keys.within(database, |keys| {
            keys.notify(Class::NEW, "new", to);
            keys.notify(Class::GENERIC, "copy_to", to);
        });
    }
    call.reply.integer(copies.into());
    Ok(())
}
