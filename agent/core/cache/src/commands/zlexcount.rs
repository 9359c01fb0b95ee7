//! `ZLEXCOUNT key min max`

use crate::command::{Call, Error};
use crate::sorted_set::{LexRange, SortedSet};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let range = LexRange::parse(call.args[2], call.args[3])?;
    let set = call.keys.view::<SortedSet>(call.args[1])?;
    call.reply
        .count(set.map_or(0, |set| range.ranks(set).len()));
    Ok(())
}
