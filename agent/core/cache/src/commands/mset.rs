//! `MSET key value [key value ...]`

use crate::command::{Call, Error};
use crate::notice::Class;
use crate::partition::Expiry;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let pairs = &call.args[1..];
    if pairs.len() % 2 == 1 {
        return Err(Error::Arity("mset"));
    }
    put(call, pairs);
    call.reply.ok();
    Ok(())
}

/// Puts each value under the key before it.
pub(super) fn put(call: &mut Call<'_>, pairs: &[&[u8]]) {
    for pair in pairs.chunks_exact(2) {
        call.keys.put_string(pair[0], &[pair[1]], Expiry::None);
        call.keys.notify(Class::STRING, "set", pair[0]);
    }
}
