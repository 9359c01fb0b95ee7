//! `HEXISTS key field`

use crate::command::{Call, Error};
use crate::hash::Hash;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let hash = call.keys.view::<Hash>(call.args[1])?;
    let is_there = hash.is_some_and(|hash| hash.get(call.args[2]).is_some());
    call.reply.integer(i64::from(is_there));
    Ok(())
}
