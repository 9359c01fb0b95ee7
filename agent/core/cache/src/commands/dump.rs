//! `DUMP key`: its value as `RESTORE` takes it, here and in Redis from 7.0 on.

use crate::command::{Call, Error};
use crate::rdb;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    let Some(found) = call.keys.find(key) else {
        call.reply.null();
        return Ok(());
    };
    let database = call.keys.database();
    let body = call.keys.partition(key).dumped(database, &found);
    call.reply.bulk(&rdb::sealed(body));
    Ok(())
}
