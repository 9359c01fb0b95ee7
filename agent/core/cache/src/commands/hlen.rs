//! `HLEN key`

use crate::command::{Call, Error};
use crate::hash::Hash;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let hash = call.keys.view::<Hash>(call.args[1])?;
    call.reply.count(hash.map_or(0, |hash| hash.len()));
    Ok(())
}
