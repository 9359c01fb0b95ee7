//! `TYPE key`

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let found = call.keys.look(call.args[1]);
    let name = found.map_or("none", |found| found.header.kind.name());
    call.reply.simple(name);
    Ok(())
}
