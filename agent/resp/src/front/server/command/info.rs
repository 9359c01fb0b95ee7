//! `COMMAND`, `COMMAND INFO [command …]`

use synod_cache::command::{Begin, Find, KeySpec};
use synod_cache::reply::Reply;

use super::commands;
use crate::acl::Called;
use crate::front::FrontCall;

pub(super) fn all_of_them(call: &mut FrontCall<'_>) {
    let reply = &mut call.session.reply;
    reply.array(commands().count());
    commands().for_each(|called| command(reply, &called));
}

pub(super) fn run(call: &mut FrontCall<'_>) {
    let names = &call.args[2..];
    if names.is_empty() {
        return all_of_them(call);
    }
    let reply = &mut call.session.reply;
    reply.array(names.len());
    for name in names {
        match Called::by_name(name) {
            Some(called) => command(reply, &called),
            None => reply.null(),
        }
    }
}

fn command(reply: &mut Reply, called: &Called) {
    let spec = called.spec;
    let (first, last, step) = spec.plain_range();
    reply.array(10);
    reply.bulk(called.full_name().as_bytes());
    reply.integer(spec.arity as i64);
    names(reply, spec.flags.names());
    for number in [first, last, step] {
        reply.integer(number as i64);
    }
    names(reply, spec.all_categories().names());
    reply.set(spec.tips.len());
    spec.tips.iter().for_each(|tip| reply.bulk(tip.as_bytes()));
    reply.set(spec.keys.len());
    spec.keys.iter().for_each(|it| keys(reply, it));
    if called.is_subcommand() {
        return reply.set(0);
    }
    // Redis tells that there are none as a set, and those that there are as an array.
    match spec.subcommands.len() {
        0 => reply.set(0),
        count => reply.array(count),
    }
    let subcommands = Called::all_of(called.command).skip(1);
    subcommands.for_each(|it| command(reply, &it));
}

/// A set of names.
pub(super) fn names(reply: &mut Reply, names: impl Iterator<Item = &'static str>) {
    let names: Vec<_> = names.collect();
    reply.set(names.len());
    names.into_iter().for_each(|name| reply.simple(name));
}

fn keys(reply: &mut Reply, keys: &KeySpec) {
    reply.map(3 + usize::from(keys.notes.is_some()));
    if let Some(notes) = keys.notes {
        reply.bulk(b"notes");
        reply.bulk(notes.as_bytes());
    }
    reply.bulk(b"flags");
    names(reply, keys.uses.names());
    reply.bulk(b"begin_search");
    begin(reply, keys.begin);
    reply.bulk(b"find_keys");
    find(reply, keys.find);
}

fn begin(reply: &mut Reply, begin: Begin) {
    match begin {
        Begin::Index(index) => {
            head(reply, "index", 1);
            number(reply, "index", index as i64);
        }
        Begin::Keyword(word, from) => {
            head(reply, "keyword", 2);
            reply.bulk(b"keyword");
            reply.bulk(word.as_bytes());
            number(reply, "startfrom", from as i64);
        }
        Begin::Unknown => head(reply, "unknown", 0),
    }
}

fn find(reply: &mut Reply, find: Find) {
    match find {
        Find::Range { last, step, limit } => {
            head(reply, "range", 3);
            number(reply, "lastkey", last as i64);
            number(reply, "keystep", step as i64);
            number(reply, "limit", limit as i64);
        }
        Find::KeyNumber { count, first, step } => {
            head(reply, "keynum", 3);
            number(reply, "keynumidx", count as i64);
            number(reply, "firstkey", first as i64);
            number(reply, "keystep", step as i64);
        }
        Find::Unknown => head(reply, "unknown", 0),
    }
}

/// The type, and how many values of it follow.
fn head(reply: &mut Reply, kind: &str, values: usize) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind.as_bytes());
    reply.bulk(b"spec");
    reply.map(values);
}

fn number(reply: &mut Reply, name: &str, number: i64) {
    reply.bulk(name.as_bytes());
    reply.integer(number);
}
