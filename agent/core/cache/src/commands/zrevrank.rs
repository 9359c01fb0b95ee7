//! `ZREVRANK key member [WITHSCORE]`

use crate::command::{Call, Error};
use crate::sorted_set::rank;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    rank::run(call, true, "zrevrank")
}
