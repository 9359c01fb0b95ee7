//! `HDEL key field [field ...]`

use crate::command::{Call, Error};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, key, fields @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let removed = call.keys.edit::<Hash, _>(key, |hash| {
        let mut removed = 0;
        for field in fields {
            if hash.now().view().get(field).is_some() {
                hash.apply(&HashChange::Remove { field });
                removed += 1;
            }
        }
        if removed > 0 {
            hash.notify(Class::HASH, "hdel");
        }
        removed
    })?;
    call.reply.integer(removed);
    Ok(())
}
