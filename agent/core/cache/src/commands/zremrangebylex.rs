//! `ZREMRANGEBYLEX key min max`

use crate::command::{Call, Error};
use crate::sorted_set::{LexRange, remove_ranks};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let range = LexRange::parse(call.args[2], call.args[3])?;
    remove_ranks(call, |set| range.ranks(set), "zremrangebylex")
}
