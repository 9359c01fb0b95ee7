//! `FLUSHALL [ASYNC | SYNC]`

use super::flushdb::check;
use crate::command::{Call, Error};
use crate::partition::DATABASES;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    check(&call.args[1..])?;
    for partition in call.keys.partitions() {
        (0..DATABASES).for_each(|database| partition.flush(database));
    }
    call.reply.ok();
    Ok(())
}
