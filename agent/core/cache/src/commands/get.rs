//! `GET key`

use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    call.answer_string(call.args[1])?;
    Ok(())
}
