//! `FLUSHDB [ASYNC | SYNC]`

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    check(&call.args[1..])?;
    let database = call.keys.database();
    call.keys.partitions().for_each(|it| it.flush(database));
    call.reply.ok();
    Ok(())
}

/// Whether it is done at once or meanwhile, as is said behind the name, makes no difference here.
pub(super) fn check(options: &[&[u8]]) -> Result<(), Error> {
    match options {
        [] => Ok(()),
        [how] if how.eq_ignore_ascii_case(b"async") || how.eq_ignore_ascii_case(b"sync") => Ok(()),
        _ => Err(Error::Syntax),
    }
}
