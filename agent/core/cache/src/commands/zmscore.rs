//! `ZMSCORE key member [member ...]`

use crate::command::{Call, Error};
use crate::sorted_set::SortedSet;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, members @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let set = call.keys.view::<SortedSet>(key)?;
    call.reply.array(members.len());
    for member in members {
        match set.and_then(|set| set.score(member)) {
            Some(score) => call.reply.double(score),
            None => call.reply.null(),
        }
    }
    Ok(())
}
