//! `XINFO CONSUMERS key group`

use super::number;
use crate::command::{Call, Error};
use crate::commands::xgroup::no_group;
use crate::stream::Stream;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, _, key, name] = call.args else {
        unreachable!("its arity says so");
    };
    let now = call.keys.now();
    let stream = call.keys.view::<Stream>(key)?.ok_or(Error::NoSuchKey)?;
    let group = stream.group(name).ok_or_else(|| no_group(key, name))?;
    let reply = &mut *call.reply;
    reply.array(group.consumer_count());
    for consumer in group.consumers() {
        let inactive = consumer.active.map_or(-1, |at| now.saturating_sub(at));
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(&consumer.name);
        number("pending", consumer.pending_count() as i64, reply);
        number("idle", now.saturating_sub(consumer.seen).max(0), reply);
        number("inactive", inactive, reply);
    }
    Ok(())
}
