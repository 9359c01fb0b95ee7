//! `RPUSH key element [element ...]`

use crate::command::{Call, Error};
use crate::list::{End, pushing};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    pushing::push(call, End::Tail, false)
}
