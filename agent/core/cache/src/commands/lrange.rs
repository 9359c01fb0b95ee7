//! `LRANGE key start stop`

use crate::command::{Call, Error};
use crate::list::{End, List, range};
use crate::number::integer;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let start = integer(call.args[2]).ok_or(Error::NotInteger)?;
    let end = integer(call.args[3]).ok_or(Error::NotInteger)?;
    let Some(list) = call.keys.view::<List>(call.args[1])? else {
        call.reply.array(0);
        return Ok(());
    };
    let range = range(start, end, list.len());
    call.reply.array(range.len());
    for element in list.run(range.start, End::Tail).take(range.len()) {
        element.answer(call.reply);
    }
    Ok(())
}
