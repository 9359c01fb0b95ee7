//! `SMISMEMBER key member [member ...]`

use crate::command::{Call, Error};
use crate::set::Set;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, members @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let set = call.keys.view::<Set>(key)?;
    call.reply.array(members.len());
    for member in members {
        let is_in = set.is_some_and(|set| set.contains(member));
        call.reply.integer(i64::from(is_in));
    }
    Ok(())
}
