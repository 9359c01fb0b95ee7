//! `XGROUP DELCONSUMER key group consumer`

use super::group;
use crate::command::{Call, Error};
use crate::notice::Class;
use crate::stream::{GroupChange, Stream, StreamChange};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, _, key, name, consumer] = call.args else {
        unreachable!("its arity says so");
    };
    let found = group(call)?.consumer(consumer);
    let Some(pending) = found.map(|consumer| consumer.pending_count()) else {
        call.reply.integer(0);
        return Ok(());
    };
    call.keys.edit::<Stream, _>(key, |stream| {
        let change = GroupChange::RemoveConsumer { consumer };
        stream.apply_untold(&StreamChange::of(name, change));
        stream.notify(Class::STREAM, "xgroup-delconsumer");
    })?;
    call.reply.count(pending);
    Ok(())
}
