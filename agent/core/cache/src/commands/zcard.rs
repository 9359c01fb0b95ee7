//! `ZCARD key`

use crate::command::{Call, Error};
use crate::sorted_set::SortedSet;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let set = call.keys.view::<SortedSet>(call.args[1])?;
    call.reply.count(set.map_or(0, |set| set.len()));
    Ok(())
}
