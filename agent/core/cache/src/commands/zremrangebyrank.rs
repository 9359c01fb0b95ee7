//! `ZREMRANGEBYRANK key start stop`

use crate::command::{Call, Error};
use crate::number::integer;
use crate::sorted_set::range::ranks_between;
use crate::sorted_set::remove_ranks;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let first = integer(call.args[2]).ok_or(Error::NotInteger)?;
    let last = integer(call.args[3]).ok_or(Error::NotInteger)?;
    remove_ranks(
        call,
        |set| ranks_between(first, last, set.len()),
        "zremrangebyrank",
    )
}
