//! `HSTRLEN key field`

use crate::command::{Call, Error};
use crate::hash::Hash;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let hash = call.keys.view::<Hash>(call.args[1])?;
    let value = hash.and_then(|hash| hash.get(call.args[2]));
    call.reply.count(value.map_or(0, <[u8]>::len));
    Ok(())
}
