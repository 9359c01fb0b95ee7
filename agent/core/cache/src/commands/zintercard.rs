//! `ZINTERCARD numkeys key [key ...] [LIMIT limit]`

use crate::command::{Call, Error};
use crate::sorted_set::combine::count_intersection;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    count_intersection(call, "zintercard")
}
