//! `BZMPOP timeout numkeys key [key ...] MIN | MAX [COUNT count]`

use crate::command::{Call, Error};
use crate::sorted_set::pop::Pop;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    Pop::parse(&call.args[2..])?.run_or_wait(call, call.args[1])
}
