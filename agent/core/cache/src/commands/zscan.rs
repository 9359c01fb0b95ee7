//! `ZSCAN key cursor [MATCH pattern] [COUNT count]`

use crate::command::{Call, Error};
use crate::sorted_set::scan;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    scan::run(call)
}
