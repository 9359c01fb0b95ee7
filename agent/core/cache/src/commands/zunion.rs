//! `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]`

use crate::command::{Call, Error};
use crate::sorted_set::combine::{Combine, combine_and_answer};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    combine_and_answer(call, Combine::Union, "zunion")
}
