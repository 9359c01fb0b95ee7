//! `OBJECT ENCODING | FREQ | IDLETIME | REFCOUNT key`, `OBJECT HELP`: looks at a key without using it.

use crate::command::{Call, Error};
use crate::keyspace::{Found, Kind};
use crate::number::integer;
use crate::string;

/// Whole numbers below this are shared by all keys that have them.
const SHARED_BELOW: i64 = 10_000;
/// How often something is shared that always is.
const ALWAYS_SHARED: i64 = i32::MAX as i64;

pub(crate) fn encoding(call: &mut Call<'_>) -> Result<(), Error> {
    match looked_at(call) {
        Some(found) => {
            let name = encoding_of(&found, value(call, &found));
            call.reply.bulk(name.as_bytes());
        }
        None => call.reply.null(),
    }
    Ok(())
}

pub(crate) fn freq(call: &mut Call<'_>) -> Result<(), Error> {
    let Some(found) = looked_at(call) else {
        call.reply.null();
        return Ok(());
    };
    let access = call.keys.partition(call.args[2]).access();
    if !access.settings.policy.counts_uses() {
        return Err(Error::text(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between \
             policies at runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    let frequency = access.frequency(found.header.access);
    call.reply.integer(frequency.into());
    Ok(())
}

pub(crate) fn idletime(call: &mut Call<'_>) -> Result<(), Error> {
    let Some(found) = looked_at(call) else {
        call.reply.null();
        return Ok(());
    };
    let access = call.keys.partition(call.args[2]).access();
    if access.settings.policy.counts_uses() {
        return Err(Error::text(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at \
             runtime LRU and LFU data will take some time to adjust.",
        ));
    }
    let seconds = access.idle_seconds(found.header.access);
    call.reply.integer(seconds.into());
    Ok(())
}

pub(crate) fn refcount(call: &mut Call<'_>) -> Result<(), Error> {
    match looked_at(call) {
        Some(found) => {
            let is_string =
                found.header.kind == Kind::String && found.header.shown == string::BY_CONTENT;
            let number = integer(value(call, &found)).filter(|_| is_string);
            let is_shared = number.is_some_and(|it| (0..SHARED_BELOW).contains(&it));
            call.reply
                .integer(if is_shared { ALWAYS_SHARED } else { 1 });
        }
        None => call.reply.null(),
    }
    Ok(())
}

pub(crate) fn help(call: &mut Call<'_>) -> Result<(), Error> {
    const HELP: [&str; 15] = [
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        "HELP",
        "    Prints this help.",
    ];
    call.reply.array(HELP.len());
    HELP.iter().for_each(|line| call.reply.simple(line));
    Ok(())
}

fn looked_at(call: &mut Call<'_>) -> Option<Found> {
    call.keys.set_reads(false);
    call.keys.look(call.args[2])
}

fn value<'a>(call: &'a mut Call<'_>, found: &Found) -> &'a [u8] {
    let database = call.keys.database();
    call.keys.partition(call.args[2]).value(database, found)
}

/// The encoding of Redis that a value is shown in.
pub(crate) fn encoding_of(found: &Found, value: &[u8]) -> &'static str {
    let shown = usize::from(found.header.shown);
    let encodings: &[&str] = match found.header.kind {
        Kind::String => return string::encoding(value, found.header.shown),
        Kind::List => &["listpack", "quicklist"],
        Kind::Set => &["intset", "listpack", "hashtable"],
        Kind::SortedSet => &["listpack", "skiplist"],
        Kind::Hash => &["listpack", "hashtable", "listpackex"],
        Kind::Stream => &["stream"],
    };
    encodings[shown.min(encodings.len() - 1)]
}
