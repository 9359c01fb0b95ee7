//! Commands for hashes.
//!
//! What is since 7.4 or 8.0 is as <https://github.com/redis/redis/tree/8.2/src/commands> has it.

use super::spec::{Categories, KeyUses, Spec, Traits, range};
use crate::commands::{
    hdel, hexists, hexpire, hexpireat, hexpiretime, hget, hgetall, hgetdel, hgetex, hincrby,
    hincrbyfloat, hkeys, hlen, hmget, hmset, hpersist, hpexpire, hpexpireat, hpexpiretime, hpttl,
    hrandfield, hscan, hset, hsetex, hsetnx, hstrlen, httl, hvals,
};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("hset", -4, hset::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about("hash", "2.0.0", "Gives fields of a hash their values."),
    Spec::new("hsetnx", 4, hsetnx::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "hash",
            "2.0.0",
            "Gives a field of a hash its value if there is no such field.",
        ),
    Spec::new("hmset", -4, hmset::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .deprecated("4.0.0", "`HSET` with multiple field-value pairs")
        .about("hash", "2.0.0", "Gives fields of a hash their values."),
    Spec::new("hget", 3, hget::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("hash", "2.0.0", "The value of a field of a hash."),
    Spec::new("hmget", -3, hmget::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("hash", "2.0.0", "The values of fields of a hash."),
    Spec::new("hgetall", 2, hgetall::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("hash", "2.0.0", "All fields of a hash with their values."),
    Spec::new("hkeys", 2, hkeys::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("hash", "2.0.0", "All fields of a hash."),
    Spec::new("hvals", 2, hvals::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("hash", "2.0.0", "All values of a hash."),
    Spec::new("hlen", 2, hlen::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("hash", "2.0.0", "How many fields a hash has."),
    Spec::new("hstrlen", 3, hstrlen::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about(
            "hash",
            "3.2.0",
            "How long the value of a field of a hash is.",
        ),
    Spec::new("hexists", 3, hexists::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("hash", "2.0.0", "Whether a hash has a field."),
    Spec::new("hdel", -3, hdel::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("hash", "2.0.0", "Removes fields of a hash."),
    Spec::new("hincrby", 4, hincrby::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "hash",
            "2.0.0",
            "Adds to the whole number that is the value of a field of a hash.",
        ),
    Spec::new("hincrbyfloat", 4, hincrbyfloat::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "hash",
            "2.6.0",
            "Adds to the number that is the value of a field of a hash.",
        ),
    Spec::new("hrandfield", -2, hrandfield::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("hash", "6.2.0", "Random fields of a hash."),
    Spec::new("hscan", -3, hscan::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about(
            "hash",
            "2.8.0",
            "Some fields of a hash, and how to come to the others.",
        ),
    Spec::new("hexpire", -6, hexpire::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "Sets in how many seconds fields of a hash expire.",
        ),
    Spec::new("hpexpire", -6, hpexpire::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "Sets in how many milliseconds fields of a hash expire.",
        ),
    Spec::new("hexpireat", -6, hexpireat::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "Sets at which second fields of a hash expire.",
        ),
    Spec::new("hpexpireat", -6, hpexpireat::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "Sets at which millisecond fields of a hash expire.",
        ),
    Spec::new("httl", -5, httl::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "In how many seconds fields of a hash expire.",
        ),
    Spec::new("hpttl", -5, hpttl::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "In how many milliseconds fields of a hash expire.",
        ),
    Spec::new("hexpiretime", -5, hexpiretime::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("hash", "7.4.0", "At which second fields of a hash expire."),
    Spec::new("hpexpiretime", -5, hpexpiretime::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "At which millisecond fields of a hash expire.",
        ),
    Spec::new("hpersist", -5, hpersist::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "hash",
            "7.4.0",
            "Lets fields of a hash stay that would expire.",
        ),
    Spec::new("hgetex", -5, hgetex::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "hash",
            "8.0.0",
            "The values of fields of a hash, and sets when they expire.",
        ),
    Spec::new("hgetdel", -5, hgetdel::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE],
            1,
            0,
            1,
        )])
        .about(
            "hash",
            "8.0.0",
            "Removes fields of a hash, and answers their values.",
        ),
    Spec::new("hsetex", -6, hsetex::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "hash",
            "8.0.0",
            "Gives fields of a hash their values, and sets when they expire.",
        ),
];
