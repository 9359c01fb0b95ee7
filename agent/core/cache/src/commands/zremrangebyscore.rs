//! `ZREMRANGEBYSCORE key min max`

use crate::command::{Call, Error};
use crate::sorted_set::{ScoreRange, remove_ranks};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let range = ScoreRange::parse(call.args[2], call.args[3])?;
    remove_ranks(call, |set| range.ranks(set), "zremrangebyscore")
}
