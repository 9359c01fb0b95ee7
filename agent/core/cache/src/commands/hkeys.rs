//! `HKEYS key`

use crate::command::{Call, Error};
use crate::hash::Hash;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let Some(hash) = call.keys.view::<Hash>(call.args[1])? else {
        call.reply.array(0);
        return Ok(());
    };
    call.reply.array(hash.len());
    hash.iter().for_each(|(field, _)| call.reply.bulk(field));
    Ok(())
}
