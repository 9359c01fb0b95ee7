//! `PSETEX key milliseconds value`

use super::setex::put;
use crate::command::{Call, Error, Unit};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    put(call, Unit::Milliseconds, "psetex")
}
