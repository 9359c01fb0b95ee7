//! `DBSIZE`: those that expired and are not removed yet are counted.

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let database = call.keys.database();
    let counts = call.keys.partitions().map(|it| it.keyspace(database).len());
    let all = counts.sum();
    call.reply.count(all);
    Ok(())
}
