//! `SISMEMBER key member`

use crate::command::{Call, Error};
use crate::set::Set;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let set = call.keys.view::<Set>(call.args[1])?;
    let is_in = set.is_some_and(|set| set.contains(call.args[2]));
    call.reply.integer(i64::from(is_in));
    Ok(())
}
