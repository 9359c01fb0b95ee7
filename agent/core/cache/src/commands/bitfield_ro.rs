//! `BITFIELD_RO key [GET type offset ...]`

use super::bitfield;
use crate::bitmap::field::Step;
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    if Step::parse(&call.args[2..])?.iter().any(Step::changes) {
        return Err(Error::text(
            "ERR BITFIELD_RO only supports the GET subcommand",
        ));
    }
    bitfield::run(call)
}
