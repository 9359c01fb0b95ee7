//! `XINFO GROUPS key`

use super::{known, number};
use crate::command::{Call, Error};
use crate::stream::Stream;

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let stream = call.keys.view::<Stream>(call.args[2])?;
    let stream = stream.ok_or(Error::NoSuchKey)?;
    let reply = &mut *call.reply;
    reply.array(stream.group_count());
    for group in stream.groups() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(group.name());
        number("consumers", group.consumer_count() as i64, reply);
        number("pending", group.pending_count() as i64, reply);
        reply.bulk(b"last-delivered-id");
        group.last.answer(reply);
        known("entries-read", group.read, reply);
        known("lag", stream.lag(group), reply);
    }
    Ok(())
}
