//! `SDIFFSTORE destination key [key ...]`

use crate::command::{Call, Error};
use crate::set::algebra::{Operation, store};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    store(call, Operation::Difference, "sdiffstore")
}
