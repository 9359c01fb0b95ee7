//! `ZSCORE key member`

use crate::command::{Call, Error};
use crate::sorted_set::SortedSet;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let set = call.keys.view::<SortedSet>(call.args[1])?;
    match set.and_then(|set| set.score(call.args[2])) {
        Some(score) => call.reply.double(score),
        None => call.reply.null(),
    }
    Ok(())
}
