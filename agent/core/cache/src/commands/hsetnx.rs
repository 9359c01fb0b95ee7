//! `HSETNX key field value`

use crate::command::{Call, Error};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let (key, field, value) = (call.args[1], call.args[2], call.args[3]);
    let is_new = call.keys.edit::<Hash, _>(key, |hash| {
        let is_new = hash.now().view().get(field).is_none();
        if is_new {
            hash.apply(&HashChange::Put {
                field,
                value,
                expiry: None,
            });
            hash.notify(Class::HASH, "hset");
        }
        is_new
    })?;
    call.reply.integer(i64::from(is_new));
    Ok(())
}
