//! `XGROUP CREATECONSUMER key group consumer`

use super::group;
use crate::command::{Call, Error};
use crate::commands::xreadgroup::touch;
use crate::stream::Stream;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, _, key, name, consumer] = call.args else {
        unreachable!("its arity says so");
    };
    let is_new = group(call)?.consumer(consumer).is_none();
    if is_new {
        let now = call.keys.now();
        call.keys.edit::<Stream, _>(key, |stream| {
            touch(stream, name, consumer, now, false);
        })?;
    }
    call.reply.integer(is_new.into());
    Ok(())
}
