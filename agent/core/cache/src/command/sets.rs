//! Commands for sets.

use super::spec::{Begin, Categories, Find, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{
    sadd, scard, sdiff, sdiffstore, sinter, sintercard, sinterstore, sismember, smembers,
    smismember, smove, spop, srandmember, srem, sscan, sunion, sunionstore,
};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("sadd", -3, sadd::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about("set", "1.0.0", "Adds members to a set."),
    Spec::new("srem", -3, srem::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("set", "1.0.0", "Removes members of a set."),
    Spec::new("smove", 4, smove::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[
            range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, 0, 1),
            range(&[KeyUses::RW, KeyUses::INSERT], 2, 0, 1),
        ])
        .about("set", "1.0.0", "Moves a member from one set to another."),
    Spec::new("sismember", 3, sismember::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("set", "1.0.0", "Whether something is a member of a set."),
    Spec::new("smismember", -3, smismember::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "set",
            "6.2.0",
            "Which of several things are members of a set.",
        ),
    Spec::new("scard", 2, scard::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("set", "1.0.0", "How many members a set has."),
    Spec::new("spop", -2, spop::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::SET])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE],
            1,
            0,
            1,
        )])
        .tips(&["nondeterministic_output"])
        .about(
            "set",
            "1.0.0",
            "Removes random members of a set, and answers them.",
        ),
    Spec::new("srandmember", -2, srandmember::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("set", "1.0.0", "Random members of a set."),
    Spec::new("sinter", -2, sinter::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, -1, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("set", "1.0.0", "What is in all of several sets."),
    Spec::new("sintercard", -3, sintercard::run)
        .flags(&[Traits::READONLY, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SET])
        .keys(&[KeySpec {
            uses: KeyUses::of(&[KeyUses::RO, KeyUses::ACCESS]),
            begin: Begin::Index(1),
            find: Find::KeyNumber {
                count: 0,
                first: 1,
                step: 1,
            },
            notes: None,
        }])
        .about(
            "set",
            "7.0.0",
            "How many members are in all of several sets.",
        ),
    Spec::new("sinterstore", -3, sinterstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::SET])
        .keys(&[
            range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1),
            range(&[KeyUses::RO, KeyUses::ACCESS], 2, -1, 1),
        ])
        .about(
            "set",
            "1.0.0",
            "Puts what is in all of several sets under a key.",
        ),
    Spec::new("sunion", -2, sunion::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, -1, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("set", "1.0.0", "What is in one of several sets."),
    Spec::new("sunionstore", -3, sunionstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::SET])
        .keys(&[
            range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1),
            range(&[KeyUses::RO, KeyUses::ACCESS], 2, -1, 1),
        ])
        .about(
            "set",
            "1.0.0",
            "Puts what is in one of several sets under a key.",
        ),
    Spec::new("sdiff", -2, sdiff::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, -1, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("set", "1.0.0", "What is in a set and in no other one."),
    Spec::new("sdiffstore", -3, sdiffstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::SET])
        .keys(&[
            range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1),
            range(&[KeyUses::RO, KeyUses::ACCESS], 2, -1, 1),
        ])
        .about(
            "set",
            "1.0.0",
            "Puts what is in a set and in no other one under a key.",
        ),
    Spec::new("smembers", 2, smembers::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output_order"])
        .about("set", "1.0.0", "All members of a set."),
    Spec::new("sscan", -3, sscan::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about(
            "set",
            "2.8.0",
            "Some members of a set, and how to come to the others.",
        ),
];
