//! `HSET key field value [field value ...]`

use crate::command::{Call, Error};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let added = set(call, "hset")?;
    call.reply.count(added);
    Ok(())
}

/// Gives fields their values; how many are new.
pub(super) fn set(call: &mut Call<'_>, command: &'static str) -> Result<usize, Error> {
    let [_, key, pairs @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    if pairs.len() % 2 == 1 {
        return Err(Error::Arity(command));
    }
    let added = call.keys.edit::<Hash, _>(key, |hash| {
        let puts = pairs.chunks_exact(2).map(|pair| HashChange::Put {
            field: pair[0],
            value: pair[1],
            expiry: None,
        });
        let added = puts.filter(|put| hash.apply(put)).count();
        hash.notify(Class::HASH, "hset");
        added
    })?;
    Ok(added)
}
