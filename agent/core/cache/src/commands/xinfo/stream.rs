//! `XINFO STREAM key [FULL [COUNT count]]`

use super::{known, number};
use crate::command::{Call, Error};
use crate::number::integer;
use crate::reply::Reply;
use crate::stream::{Consumer, Contents, Group, Id, Stream, answer_entries, answer_entry};

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    let [_, _, key, options @ ..] = call.args else {
        unreachable!("its arity says so");
    };
    let stream = call.keys.view::<Stream>(key)?.ok_or(Error::NoSuchKey)?;
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match options {
        [] => outline(stream, call.reply),
        [word] if is(word, "full") => full(stream, 10, call.reply),
        [word, option, count] if is(word, "full") && is(option, "count") => {
            let count = integer(count).ok_or(Error::NotInteger)?;
            let most = match usize::try_from(count) {
                Ok(0) => usize::MAX,
                Ok(count) => count,
                Err(_) => 10,
            };
            full(stream, most, call.reply);
        }
        _ => return Err(Error::subcommand_syntax(call.args)),
    }
    Ok(())
}

/// What both forms begin with.
fn head(stream: &Contents, reply: &mut Reply) {
    let nodes = stream.entries().node_count() as i64;
    number("length", stream.len().cast_signed(), reply);
    number("radix-tree-keys", nodes, reply);
    // There is no radix tree here; Redis has at least so many nodes in its.
    number("radix-tree-nodes", nodes + 1, reply);
    for (name, id) in [
        ("last-generated-id", stream.last()),
        ("max-deleted-entry-id", stream.removed()),
    ] {
        reply.bulk(name.as_bytes());
        id.answer(reply);
    }
    number("entries-added", stream.added().cast_signed(), reply);
    reply.bulk(b"recorded-first-entry-id");
    stream.first().answer(reply);
}

fn outline(stream: &Contents, reply: &mut Reply) {
    reply.map(10);
    head(stream, reply);
    number("groups", stream.group_count() as i64, reply);
    let entries = stream.entries();
    for (name, entry) in [
        ("first-entry", entries.range(Id::MIN, Id::MAX).next()),
        ("last-entry", entries.backwards(Id::MIN, Id::MAX).next()),
    ] {
        reply.bulk(name.as_bytes());
        match entry {
            Some(entry) => answer_entry(&entry, reply),
            None => reply.null(),
        }
    }
}

fn full(stream: &Contents, most: usize, reply: &mut Reply) {
    reply.map(9);
    head(stream, reply);
    reply.bulk(b"entries");
    answer_entries(stream.entries().range(Id::MIN, Id::MAX).take(most), reply);
    reply.bulk(b"groups");
    reply.array(stream.group_count());
    for group in stream.groups() {
        full_group(stream, group, most, reply);
    }
}

fn full_group(stream: &Contents, group: &Group, most: usize, reply: &mut Reply) {
    reply.map(7);
    reply.bulk(b"name");
    reply.bulk(group.name());
    reply.bulk(b"last-delivered-id");
    group.last.answer(reply);
    known("entries-read", group.read, reply);
    known("lag", stream.lag(group), reply);
    number("pel-count", group.pending_count() as i64, reply);
    reply.bulk(b"pending");
    reply.array(group.pending_count().min(most));
    for pending in group.pending_from(Id::MIN).take(most) {
        reply.array(4);
        pending.id.answer(reply);
        reply.bulk(&pending.consumer);
        reply.integer(pending.at);
        reply.integer(pending.count);
    }
    reply.bulk(b"consumers");
    reply.array(group.consumer_count());
    for consumer in group.consumers() {
        full_consumer(group, consumer, most, reply);
    }
}

fn full_consumer(group: &Group, consumer: &Consumer, most: usize, reply: &mut Reply) {
    reply.map(5);
    reply.bulk(b"name");
    reply.bulk(&consumer.name);
    number("seen-time", consumer.seen, reply);
    number("active-time", consumer.active.unwrap_or(-1), reply);
    number("pel-count", consumer.pending_count() as i64, reply);
    reply.bulk(b"pending");
    reply.array(consumer.pending_count().min(most));
    for pending in group.pending_of(consumer, Id::MIN).take(most) {
        reply.array(3);
        pending.id.answer(reply);
        reply.integer(pending.at);
        reply.integer(pending.count);
    }
}
