//! Commands for databases as wholes, and for the server.

use super::Error;
use super::spec::{Categories, KeyUses, Spec, Traits, range};
use crate::commands::{dbsize, flushall, flushdb, memory, swapdb};
use crate::number::integer;
use crate::partition::DATABASES;

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::front("bgrewriteaof", 1).flags(SAVING).about(
        "server",
        "1.0.0",
        "Replaces the log by what it has come to.",
    ),
    Spec::front("bgsave", -1)
        .flags(SAVING)
        .about("server", "1.0.0", "Begins to save all keys."),
    Spec::front("command", -1)
        .subcommands(COMMAND)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .tips(&["nondeterministic_output_order"])
        .about(
            "server",
            "2.8.13",
            "All commands, and what is known of each.",
        ),
    Spec::container("config", CONFIG).about("server", "2.0.0", "Settings of the server."),
    Spec::new("dbsize", 1, dbsize::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .tips(&["request_policy:all_shards", "response_policy:agg_sum"])
        .about("server", "1.0.0", "How many keys are in the database."),
    Spec::front("debug", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .for_the_system()
        .about("server", "1.0.0", "What tests of the server need."),
    Spec::front("failover", -1)
        .flags(&[Traits::ADMIN, Traits::NOSCRIPT, Traits::STALE])
        .about("server", "6.2.0", "Makes a replica the primary."),
    Spec::new("flushall", -1, flushall::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about("server", "1.0.0", "Removes all keys of all databases."),
    Spec::new("flushdb", -1, flushdb::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about("server", "1.0.0", "Removes all keys of the database."),
    Spec::front("info", -1)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::DANGEROUS])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ])
        .about("server", "1.0.0", "What is known of the server."),
    Spec::front("lastsave", 1)
        .flags(&[Traits::LOADING, Traits::STALE, Traits::FAST])
        .categories(&[Categories::ADMIN, Categories::DANGEROUS])
        .tips(&["nondeterministic_output"])
        .about("server", "1.0.0", "When all keys were saved last."),
    Spec::container("latency", LATENCY).about("server", "2.8.13", "What took long, and when."),
    Spec::front("lolwut", -1)
        .flags(&[Traits::READONLY, Traits::FAST])
        .about("server", "5.0.0", "A drawing, and the version."),
    Spec::container("memory", MEMORY).about("server", "4.0.0", "What takes memory."),
    Spec::front("monitor", 1)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about(
            "server",
            "1.0.0",
            "From now on the client is sent all commands that are carried out.",
        ),
    Spec::front("psync", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::NO_ASYNC_LOADING,
            Traits::NO_MULTI,
        ])
        .about("server", "2.8.0", "Begins to replicate."),
    Spec::front("replconf", -1)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::ALLOW_BUSY,
        ])
        .for_the_system()
        .about("server", "3.0.0", "What a replica tells of itself."),
    Spec::front("replicaof", 3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::NO_ASYNC_LOADING,
        ])
        .about(
            "server",
            "5.0.0",
            "Makes the server a replica, or no replica any more.",
        ),
    Spec::front("role", 1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
        ])
        .categories(&[Categories::ADMIN, Categories::DANGEROUS])
        .about(
            "server",
            "2.8.12",
            "Whether the server is a primary or a replica.",
        ),
    Spec::front("save", 1)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::NO_ASYNC_LOADING,
            Traits::NO_MULTI,
        ])
        .about(
            "server",
            "1.0.0",
            "Saves all keys, and answers when it is done.",
        ),
    Spec::front("shutdown", -1)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::NO_MULTI,
            Traits::ALLOW_BUSY,
        ])
        .about("server", "1.0.0", "Ends the server."),
    Spec::front("slaveof", 3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::NO_ASYNC_LOADING,
        ])
        .deprecated("5.0.0", "`REPLICAOF`")
        .about("server", "1.0.0", "As REPLICAOF, which has replaced it."),
    Spec::container("slowlog", SLOWLOG).about("server", "2.2.12", "Commands that took long."),
    Spec::new("swapdb", 3, swapdb::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .about("server", "4.0.0", "Lets two databases change their keys."),
    Spec::front("sync", 1)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::NO_ASYNC_LOADING,
            Traits::NO_MULTI,
        ])
        .about("server", "1.0.0", "As PSYNC, without a place to begin."),
    Spec::front("time", 1)
        .flags(&[Traits::LOADING, Traits::STALE, Traits::FAST])
        .tips(&["nondeterministic_output"])
        .about("server", "2.6.0", "What time it is."),
];

const SAVING: &[Traits] = &[Traits::ADMIN, Traits::NOSCRIPT, Traits::NO_ASYNC_LOADING];

const COMMAND: &[Spec] = &[
    Spec::front("count", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("server", "2.8.13", "How many commands there are."),
    Spec::front("docs", -2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .tips(&["nondeterministic_output_order"])
        .about("server", "7.0.0", "What commands are for."),
    Spec::front("getkeys", -3)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("server", "2.8.13", "The keys of a call."),
    Spec::front("getkeysandflags", -3)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about(
            "server",
            "7.0.0",
            "The keys of a call, and what is done with each.",
        ),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("server", "5.0.0", "How COMMAND is called."),
    Spec::front("info", -2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .tips(&["nondeterministic_output_order"])
        .about("server", "2.8.13", "What callers need to know of commands."),
    Spec::front("list", -2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .tips(&["nondeterministic_output_order"])
        .about("server", "7.0.0", "The names of commands."),
];

const CONFIG: &[Spec] = &[
    Spec::front("get", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "2.0.0", "The values of settings."),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .about("server", "5.0.0", "How CONFIG is called."),
    Spec::front("resetstat", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "2.0.0", "Counts what INFO tells from 0 again."),
    Spec::front("rewrite", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about(
            "server",
            "2.8.0",
            "Writes the settings to the file that they came from.",
        ),
    Spec::front("set", -4)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .about("server", "2.0.0", "Changes settings, all of them or none."),
];

const LATENCY: &[Spec] = &[
    Spec::front("doctor", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .about("server", "2.8.13", "What took long, in words."),
    Spec::front("graph", 3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .about(
            "server",
            "2.8.13",
            "What of one kind took long, as a drawing.",
        ),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .about("server", "2.8.13", "How LATENCY is called."),
    Spec::front("histogram", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .about("server", "7.0.0", "How often commands took how long."),
    Spec::front("history", 3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .about(
            "server",
            "2.8.13",
            "When something of one kind took long, and how long.",
        ),
    Spec::front("latest", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .about("server", "2.8.13", "What took long last, of each kind."),
    Spec::front("reset", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .about("server", "2.8.13", "Forgets what took long."),
];

const MEMORY: &[Spec] = &[
    Spec::front("doctor", 2)
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ])
        .about(
            "server",
            "4.0.0",
            "Whether memory is used as it should be, in words.",
        ),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .about("server", "4.0.0", "How MEMORY is called."),
    Spec::front("malloc-stats", 2)
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ])
        .about("server", "4.0.0", "What the allocator tells of itself."),
    Spec::front("purge", 2)
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about(
            "server",
            "4.0.0",
            "Has the allocator give back what it does not need.",
        ),
    Spec::front("stats", 2)
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ])
        .about("server", "4.0.0", "What memory is used for."),
    Spec::new("usage", -3, memory::usage)
        .flags(&[Traits::READONLY])
        .keys(&[range(&[KeyUses::RO], 2, 0, 1)])
        .about(
            "server",
            "4.0.0",
            "How many bytes a key and its value take.",
        ),
];

const SLOWLOG: &[Spec] = &[
    Spec::front("get", -2)
        .flags(&[Traits::ADMIN, Traits::LOADING, Traits::STALE])
        .tips(&["request_policy:all_nodes", "nondeterministic_output"])
        .about("server", "2.2.12", "The last commands that took long."),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .about("server", "6.2.0", "How SLOWLOG is called."),
    Spec::front("len", 2)
        .flags(&[Traits::ADMIN, Traits::LOADING, Traits::STALE])
        .tips(&[
            "request_policy:all_nodes",
            "response_policy:agg_sum",
            "nondeterministic_output",
        ])
        .about(
            "server",
            "2.2.12",
            "How many commands that took long are remembered.",
        ),
    Spec::front("reset", 2)
        .flags(&[Traits::ADMIN, Traits::LOADING, Traits::STALE])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .about("server", "2.2.12", "Forgets commands that took long."),
];

/// `DEBUG OBJECT key`, which is no subcommand that anybody is told of.
#[must_use]
pub fn debug_object() -> &'static Spec {
    static SPEC: Spec = Spec::new("object", -3, memory::debug_object);
    &SPEC
}

/// A database as commands name it.
///
/// # Errors
/// If it is no number, or that of none.
pub fn database_number(text: &[u8]) -> Result<usize, Error> {
    let number = integer(text).ok_or(Error::NotInteger)?;
    let number = i32::try_from(number).map_err(|_| {
        Error::text("ERR value is out of range, value must between -2147483648 and 2147483647")
    })?;
    let number = usize::try_from(number).ok();
    let known = number.filter(|number| *number < DATABASES);
    known.ok_or(Error::text("ERR DB index is out of range"))
}
