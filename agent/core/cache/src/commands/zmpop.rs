//! `ZMPOP numkeys key [key ...] MIN | MAX [COUNT count]`

use crate::command::{Call, Error};
use crate::sorted_set::pop::Pop;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    if !Pop::parse(&call.args[1..])?.run(call)? {
        call.reply.null_array();
    }
    Ok(())
}
