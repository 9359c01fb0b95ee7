//! `DECRBY key decrement`

use super::incrby::count;
use crate::command::{Call, Error};
use crate::number::integer;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let by = integer(call.args[2]).ok_or(Error::NotInteger)?;
    let Some(by) = by.checked_neg() else {
        return Err(Error::text("ERR decrement would overflow"));
    };
    count(call, by)
}
