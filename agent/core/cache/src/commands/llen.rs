//! `LLEN key`

use crate::command::{Call, Error};
use crate::list::{List, ListView};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let list = call.keys.view::<List>(call.args[1])?;
    call.reply.count(list.map_or(0, ListView::len));
    Ok(())
}
