//! `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE SUM | MIN | MAX]`

use crate::command::{Call, Error};
use crate::sorted_set::combine::{Combine, combine_and_store};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    combine_and_store(call, Combine::Intersection, "zinterstore")
}
