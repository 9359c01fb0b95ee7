//! `SMEMBERS key`

use crate::command::{Call, Error};
use crate::set::Set;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let Some(set) = call.keys.view::<Set>(call.args[1])? else {
        call.reply.set(0);
        return Ok(());
    };
    call.reply.set(set.len());
    set.iter().for_each(|member| call.reply.bulk(member));
    Ok(())
}
