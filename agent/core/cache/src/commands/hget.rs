//! `HGET key field`

use crate::command::{Call, Error};
use crate::hash::Hash;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let hash = call.keys.view::<Hash>(call.args[1])?;
    match hash.and_then(|hash| hash.get(call.args[2])) {
        Some(value) => call.reply.bulk(value),
        None => call.reply.null(),
    }
    Ok(())
}
