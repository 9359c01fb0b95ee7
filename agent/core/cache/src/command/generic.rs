//! Commands for keys of all kinds.

use super::spec::{Categories, KeyUses, Spec, Traits, range, unknown};
use crate::commands::{
    copy, del, dump, exists, expire, expireat, expiretime, keys, move_to, object, persist, pexpire,
    pexpireat, pexpiretime, pttl, randomkey, rename, renamenx, restore, scan, sort, touch, ttl,
    type_of, unlink,
};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("copy", -3, copy::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::KEYSPACE])
        .keys(&[
            range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1),
            range(&[KeyUses::OW, KeyUses::UPDATE], 2, 0, 1),
        ])
        .about(
            "generic",
            "6.2.0",
            "Copies a value with its expiry to another key.",
        ),
    Spec::new("del", -2, del::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RM, KeyUses::DELETE], 1, -1, 1)])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .about("generic", "1.0.0", "Removes keys."),
    Spec::new("dump", 2, dump::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("generic", "2.6.0", "A value in a form that RESTORE takes."),
    Spec::new("exists", -2, exists::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 1, -1, 1)])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .about("generic", "1.0.0", "How many of the keys are there."),
    Spec::new("expire", -3, expire::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about("generic", "1.0.0", "A key expires in so many seconds."),
    Spec::new("expireat", -3, expireat::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "generic",
            "1.2.0",
            "A key expires at a Unix time in seconds.",
        ),
    Spec::new("expiretime", 2, expiretime::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "generic",
            "7.0.0",
            "At which Unix time in seconds a key expires.",
        ),
    Spec::new("keys", 2, keys::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .tips(&["request_policy:all_shards", "nondeterministic_output_order"])
        .about("generic", "1.0.0", "All keys that a pattern matches."),
    Spec::new("move", 3, move_to::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about("generic", "1.0.0", "Moves a key to another database."),
    Spec::container("object", OBJECT).about(
        "generic",
        "2.2.3",
        "Looks at what is noted of a value.",
    ),
    Spec::new("persist", 2, persist::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about("generic", "2.2.0", "A key does not expire any more."),
    Spec::new("pexpire", -3, pexpire::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about("generic", "2.6.0", "A key expires in so many milliseconds."),
    Spec::new("pexpireat", -3, pexpireat::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "generic",
            "2.6.0",
            "A key expires at a Unix time in milliseconds.",
        ),
    Spec::new("pexpiretime", 2, pexpiretime::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "generic",
            "7.0.0",
            "At which Unix time in milliseconds a key expires.",
        ),
    Spec::new("pttl", 2, pttl::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about(
            "generic",
            "2.6.0",
            "In how many milliseconds a key expires.",
        ),
    Spec::new("randomkey", 1, randomkey::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .tips(&["request_policy:all_shards", "nondeterministic_output"])
        .about("generic", "1.0.0", "Any key."),
    Spec::new("rename", 3, rename::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::KEYSPACE])
        .keys(&[
            range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, 0, 1),
            range(&[KeyUses::OW, KeyUses::UPDATE], 2, 0, 1),
        ])
        .about(
            "generic",
            "1.0.0",
            "Gives a value another key, whatever was under that.",
        ),
    Spec::new("renamenx", 3, renamenx::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[
            range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, 0, 1),
            range(&[KeyUses::OW, KeyUses::INSERT], 2, 0, 1),
        ])
        .about(
            "generic",
            "1.0.0",
            "Gives a value another key, if nothing is under that.",
        ),
    Spec::new("restore", -4, restore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::KEYSPACE, Categories::DANGEROUS])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "generic",
            "2.6.0",
            "Puts a value under a key that DUMP answered.",
        ),
    Spec::new("scan", -2, scan::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .tips(&["nondeterministic_output", "request_policy:special"])
        .about("generic", "2.8.0", "Goes through all keys, some at a time."),
    Spec::new("sort", -2, sort::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::MOVABLE_KEYS])
        .categories(&[
            Categories::SET,
            Categories::SORTEDSET,
            Categories::LIST,
            Categories::DANGEROUS,
        ])
        .keys(&[
            range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1),
            unknown(&[KeyUses::RO, KeyUses::ACCESS], BY_GET),
            unknown(&[KeyUses::OW, KeyUses::UPDATE], STORE),
        ])
        .about(
            "generic",
            "1.0.0",
            "Sorts the elements of a list, a set or a sorted set, or stores them sorted.",
        ),
    Spec::new("sort_ro", -2, sort::run_read_only)
        .flags(&[Traits::READONLY, Traits::MOVABLE_KEYS])
        .categories(&[
            Categories::SET,
            Categories::SORTEDSET,
            Categories::LIST,
            Categories::DANGEROUS,
        ])
        .keys(&[
            range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1),
            unknown(&[KeyUses::RO, KeyUses::ACCESS], BY_GET),
        ])
        .about(
            "generic",
            "7.0.0",
            "Sorts the elements of a list, a set or a sorted set.",
        ),
    Spec::new("touch", -2, touch::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 1, -1, 1)])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .about(
            "generic",
            "3.2.1",
            "Uses keys without doing anything with them.",
        ),
    Spec::new("ttl", 2, ttl::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("generic", "1.0.0", "In how many seconds a key expires."),
    Spec::new("type", 2, type_of::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("generic", "1.0.0", "The type of a value."),
    Spec::new("unlink", -2, unlink::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RM, KeyUses::DELETE], 1, -1, 1)])
        .tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
        .about(
            "generic",
            "4.0.0",
            "Removes keys; their memory is given back meanwhile.",
        ),
    Spec::front("wait", 3)
        .flags(&[Traits::NOSCRIPT])
        .categories(&[Categories::CONNECTION])
        .tips(&["request_policy:all_shards", "response_policy:agg_min"])
        .about(
            "generic",
            "3.0.0",
            "Waits until what the client wrote is on so many replicas.",
        ),
    Spec::front("waitaof", 4)
        .flags(&[Traits::BLOCKING])
        .categories(&[Categories::CONNECTION])
        .tips(&["request_policy:all_shards", "response_policy:agg_min"])
        .about(
            "generic",
            "7.2.0",
            "Waits until what the client wrote is synced here, and on so many replicas.",
        ),
];

/// What `OBJECT` tells.
const OBJECT: &[Spec] = &[
    Spec::new("encoding", 3, object::encoding)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 2, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("generic", "2.2.3", "As which encoding a value is shown."),
    Spec::new("freq", 3, object::freq)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 2, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("generic", "4.0.0", "How often a key is used."),
    Spec::new("help", 2, object::help)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::KEYSPACE])
        .about("generic", "6.2.0", "What there is to look at."),
    Spec::new("idletime", 3, object::idletime)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 2, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about(
            "generic",
            "2.2.3",
            "For how many seconds a key was not used.",
        ),
    Spec::new("refcount", 3, object::refcount)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::KEYSPACE])
        .keys(&[range(&[KeyUses::RO], 2, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("generic", "2.2.3", "By how many a value is shared."),
];

/// Notes of key specs, in the words of Redis.
const BY_GET: &str = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key \
                      we sort";
const STORE: &str = "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array";
