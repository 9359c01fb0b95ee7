//! `HSET key field value [field value ...]`

use crate::command::{Call, Error};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, pairs @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    if pairs.len() % 2 == 1 {
        return Err(Error::Arity("hset"));
    }
    let added = call.keys.edit::<Hash, _>(key, |hash| {
        let puts = pairs.chunks_exact(2).map(|pair| HashChange::Put {
            field: pair[0],
            value: pair[1],
        });
        let added = puts.filter(|put| hash.apply(put)).count();
        hash.notify(Class::HASH, "hset");
        added
    })?;
    call.reply.count(added);
    Ok(())
}
