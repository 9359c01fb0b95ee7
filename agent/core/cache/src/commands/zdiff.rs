//! `ZDIFF numkeys key [key ...] [WITHSCORES]`

use crate::command::{Call, Error};
use crate::sorted_set::combine::{Combine, combine_and_answer};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    combine_and_answer(call, Combine::Difference, "zdiff")
}
