//! `MEMORY STATS | DOCTOR | MALLOC-STATS | PURGE | HELP`; `MEMORY USAGE` is about a key, and elsewhere.

use synod_cache::command::Error;
use synod_cache::partition::DATABASES;

use super::info::{Usage, resident_bytes};
use crate::front::{FrontCall, unknown};

const LINES: &[&str] = &[
    "DOCTOR",
    "    Whether memory is used as it should be, in words.",
    "MALLOC-STATS",
    "    What the allocator tells of itself.",
    "PURGE",
    "    Has the allocator give back what it does not need.",
    "STATS",
    "    What memory is used for.",
    "USAGE <key> [SAMPLES <count>]",
    "    How many bytes a key and its value take. All of it is weighed, whatever",
    "    the count.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "doctor" => doctor(call),
        "help" => call.help(LINES),
        "malloc-stats" => {
            let text = format!("resident bytes: {}\n", resident_bytes());
            call.session.reply.verbatim("txt", &text);
        }
        // The allocator does so by itself.
        "purge" => call.session.reply.ok(),
        "stats" => stats(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

/// Below this there is nothing to be found.
const SMALL_BYTES: u64 = 5 * 1024 * 1024;
/// More resident bytes than these for each that is used are worth a word.
const FRAGMENTED: f64 = 1.4;

fn doctor(call: &mut FrontCall<'_>) {
    let usage = Usage::of(call);
    let mut found = String::new();
    if usage.all() < SMALL_BYTES {
        found += "There is next to nothing in memory, of which nothing can be said.\n";
    } else if usage.fragmentation() > FRAGMENTED {
        found += "The process holds much more memory than is used: it may have been used before, or is fragmented.\n";
    }
    if usage.peak > usage.all() / 2 * 3 && usage.all() >= SMALL_BYTES {
        found += "Much more was used at some time; the allocator may keep some of that.\n";
    }
    if found.is_empty() {
        found += "Nothing is wrong with it.\n";
    }
    call.session.reply.verbatim("txt", &found);
}

fn stats(call: &mut FrontCall<'_>) {
    let usage = Usage::of(call);
    let databases = databases(call);
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let count = usage.count.max(1);
    let numbers = [
        ("peak.allocated", usage.peak),
        ("total.allocated", usage.all()),
        ("startup.allocated", 0),
        ("replication.backlog", 0),
        ("clients.slaves", 0),
        ("clients.normal", usage.clients),
        ("cluster.links", 0),
        ("aof.buffer", 0),
        ("lua.caches", 0),
        ("functions.caches", 0),
    ];
    let more = [
        ("overhead.total", usage.clients),
        ("keys.count", usage.count),
        ("keys.bytes-per-key", usage.keys / count),
        ("dataset.bytes", usage.keys),
    ];
    let ratios = [
        ("dataset.percentage", usage.keys_percent()),
        ("peak.percentage", usage.peak_percent()),
        ("fragmentation", usage.fragmentation()),
    ];
    let reply = &mut call.session.reply;
    reply.map(numbers.len() + databases.len() + more.len() + ratios.len());
    for (name, value) in numbers {
        reply.bulk(name.as_bytes());
        reply.integer(number(value));
    }
    for database in databases {
        reply.bulk(format!("db.{database}").as_bytes());
        reply.map(2);
        // Keys and values lie together here: there is nothing beside them.
        for name in ["overhead.hashtable.main", "overhead.hashtable.expires"] {
            reply.bulk(name.as_bytes());
            reply.integer(0);
        }
    }
    for (name, value) in more {
        reply.bulk(name.as_bytes());
        reply.integer(number(value));
    }
    for (name, value) in ratios {
        reply.bulk(name.as_bytes());
        reply.double(value);
    }
}

/// Databases that have keys.
fn databases(call: &mut FrontCall<'_>) -> Vec<usize> {
    let mut counts = [0; DATABASES];
    call.parts.each(|part| {
        for (database, count) in counts.iter_mut().enumerate() {
            *count += part.partition.key_counts(database).0;
        }
    });
    let all = counts.into_iter().enumerate();
    let with_keys = all.filter(|(_, count)| *count > 0);
    with_keys.map(|(database, _)| database).collect()
}
