//! `HGETDEL key FIELDS numfields field [field ...]`
//!
//! <https://redis.io/docs/latest/commands/hgetdel/>

use crate::command::{Call, Error};
use crate::hash::time::{FEW, fields};
use crate::hash::{Hash, HashChange};
use crate::notice::Class;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let key = call.args[1];
    call.keys.view::<Hash>(key)?;
    let fields = fields(&call.args[2..], FEW, "hgetdel")?;
    let reply = &mut *call.reply;
    reply.array(fields.len());
    call.keys.edit::<Hash, _>(key, |hash| {
        let mut is_changed = false;
        for field in fields {
            match hash.now().view().get(field) {
                None => reply.null(),
                Some(value) => {
                    reply.bulk(value);
                    is_changed |= hash.apply(&HashChange::Remove { field });
                }
            }
        }
        if is_changed {
            hash.notify(Class::HASH, "hdel");
        }
    })?;
    Ok(())
}
