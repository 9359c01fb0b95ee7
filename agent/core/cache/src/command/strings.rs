//! Commands for strings.

use super::spec::{Categories, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{
    append, decr, decrby, delifeq, get, getdel, getex, getrange, getset, incr, incrby, incrbyfloat,
    lcs, mget, mset, msetnx, psetex, set, setex, setnx, setrange, strlen, substr,
};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("append", 3, append::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "string",
            "2.0.0",
            "Adds to the end of a string, or makes one.",
        ),
    Spec::new("decr", 2, decr::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "1.0.0",
            "Makes a whole number one less; a missing one counts as 0.",
        ),
    Spec::new("decrby", 3, decrby::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "1.0.0",
            "Makes a whole number less by so much; a missing one counts as 0.",
        ),
    Spec::new("delifeq", 3, delifeq::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RM, KeyUses::ACCESS, KeyUses::DELETE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "9.0.0",
            "Removes a key if this string is under it.",
        ),
    Spec::new("get", 2, get::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("string", "1.0.0", "The string under a key."),
    Spec::new("getdel", 2, getdel::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "6.2.0",
            "The string under a key, which is removed.",
        ),
    Spec::new("getex", -2, getex::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[KeySpec {
            notes: Some("RW and UPDATE because it changes the TTL"),
            ..range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE], 1, 0, 1)
        }])
        .about(
            "string",
            "6.2.0",
            "The string under a key, which expires at another time from then on.",
        ),
    Spec::new("getrange", 4, getrange::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("string", "2.4.0", "A part of a string."),
    Spec::new("getset", 3, getset::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .deprecated("6.2.0", "`SET` with the `!GET` argument")
        .about(
            "string",
            "1.0.0",
            "The string under a key, which gives way to another one.",
        ),
    Spec::new("incr", 2, incr::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "1.0.0",
            "Makes a whole number one more; a missing one counts as 0.",
        ),
    Spec::new("incrby", 3, incrby::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "1.0.0",
            "Makes a whole number more by so much; a missing one counts as 0.",
        ),
    Spec::new("incrbyfloat", 3, incrbyfloat::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "2.6.0",
            "Makes a number more by so much; a missing one counts as 0.",
        ),
    Spec::new("lcs", -3, lcs::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 1, 1)])
        .about(
            "string",
            "7.0.0",
            "The longest common subsequence of two strings.",
        ),
    Spec::new("mget", -2, mget::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, -1, 1)])
        .tips(&["request_policy:multi_shard"])
        .about("string", "1.0.0", "The strings under several keys."),
    Spec::new("mset", -3, mset::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, -1, 2)])
        .tips(&[
            "request_policy:multi_shard",
            "response_policy:all_succeeded",
        ])
        .about(
            "string",
            "1.0.1",
            "Puts strings under several keys, whatever was there.",
        ),
    Spec::new("msetnx", -3, msetnx::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::OW, KeyUses::INSERT], 1, -1, 2)])
        .tips(&["request_policy:multi_shard", "response_policy:agg_min"])
        .about(
            "string",
            "1.0.1",
            "Puts strings under several keys, if there is nothing under any of them.",
        ),
    Spec::new("psetex", 4, psetex::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "string",
            "2.6.0",
            "Puts a string under a key that expires after so many milliseconds.",
        ),
    Spec::new("set", -3, set::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[KeySpec {
            notes: Some("RW and ACCESS due to the optional `GET` argument"),
            ..range(
                &[
                    KeyUses::RW,
                    KeyUses::ACCESS,
                    KeyUses::UPDATE,
                    KeyUses::VARIABLE_FLAGS,
                ],
                1,
                0,
                1,
            )
        }])
        .about(
            "string",
            "1.0.0",
            "Puts a string under a key, whatever was there.",
        ),
    Spec::new("setex", 4, setex::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "string",
            "2.0.0",
            "Puts a string under a key that expires after so many seconds.",
        ),
    Spec::new("setnx", 3, setnx::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::OW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "string",
            "1.0.0",
            "Puts a string under a key, if there is nothing.",
        ),
    Spec::new("setrange", 4, setrange::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "string",
            "2.2.0",
            "Puts bytes into a string from a place on, behind zeros if it ends before.",
        ),
    Spec::new("strlen", 2, strlen::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("string", "2.2.0", "How many bytes a string has."),
    Spec::new("substr", 4, substr::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("2.0.0", "`GETRANGE`")
        .about("string", "1.0.0", "A part of a string."),
];
