//! `LMOVE source destination LEFT | RIGHT LEFT | RIGHT`

use crate::command::{Call, Error};
use crate::list::moving::{Ends, move_one};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let ends = Ends::named(call.args[3], call.args[4])?;
    if !move_one(call, ends)? {
        call.reply.null();
    }
    Ok(())
}
