//! `LINDEX key index`

use crate::command::{Call, Error};
use crate::list::{List, index};
use crate::number::integer;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let Some(list) = call.keys.view::<List>(call.args[1])? else {
        call.reply.null();
        return Ok(());
    };
    let at = integer(call.args[2]).ok_or(Error::NotInteger)?;
    match index(at, list.len()).and_then(|at| list.get(at)) {
        Some(element) => element.answer(call.reply),
        None => call.reply.null(),
    }
    Ok(())
}
