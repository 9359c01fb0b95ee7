//! `HMGET key field [field ...]`

use crate::command::{Call, Error};
use crate::hash::Hash;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, fields @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let hash = call.keys.view::<Hash>(key)?;
    call.reply.array(fields.len());
    for field in fields {
        match hash.and_then(|hash| hash.get(field)) {
            Some(value) => call.reply.bulk(value),
            None => call.reply.null(),
        }
    }
    Ok(())
}
