//! `ZPOPMIN key [count]`

use crate::command::{Call, Error};
use crate::sorted_set::pop::{self, End};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    pop::one(call, End::Min)
}
