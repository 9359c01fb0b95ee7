//! `SDIFF key [key ...]`

use crate::command::{Call, Error};
use crate::set::algebra::{Operation, answer};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let keys = &call.args[1..];
    answer(call, Operation::Difference, keys)
}
