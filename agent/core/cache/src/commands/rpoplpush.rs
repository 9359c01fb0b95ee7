//! `RPOPLPUSH source destination`

use crate::command::{Call, Error};
use crate::list::moving::{Ends, move_one};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    if !move_one(call, Ends::AROUND)? {
        call.reply.null();
    }
    Ok(())
}
