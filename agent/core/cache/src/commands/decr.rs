//! `DECR key`

use super::incrby::count;
use crate::command::{Call, Error};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    count(call, -1)
}
