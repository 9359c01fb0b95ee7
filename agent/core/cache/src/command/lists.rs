//! Commands for lists.

use super::spec::{Begin, Categories, Find, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{
    blmove, blmpop, blpop, brpop, brpoplpush, lindex, linsert, llen, lmove, lmpop, lpop, lpos,
    lpush, lpushx, lrange, lrem, lset, ltrim, rpop, rpoplpush, rpush, rpushx,
};

/// An element is taken from one list and added to another one.
const MOVE: &[KeySpec] = &[
    range(TAKES, 1, 0, 1),
    range(&[KeyUses::RW, KeyUses::INSERT], 2, 0, 1),
];
const TAKES: &[KeyUses] = &[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE];

/// As many keys as the argument `at` says follow it.
const fn several(at: usize) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(TAKES),
        begin: Begin::Index(at),
        find: Find::KeyNumber {
            count: 0,
            first: 1,
            step: 1,
        },
        notes: None,
    }
}

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("lindex", 3, lindex::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "list",
            "1.0.0",
            "The element of a number, counted from the head, or from the tail if it is negative.",
        ),
    Spec::new("linsert", 5, linsert::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "list",
            "2.2.0",
            "Adds an element before or behind another one.",
        ),
    Spec::new("llen", 2, llen::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("list", "1.0.0", "How many elements a list has."),
    Spec::new("lmove", 5, lmove::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::LIST])
        .keys(MOVE)
        .about(
            "list",
            "6.2.0",
            "Moves an element from an end of a list to an end of another one, or of the same.",
        ),
    Spec::new("lmpop", -4, lmpop::run)
        .flags(&[Traits::WRITE, Traits::MOVABLE_KEYS])
        .categories(&[Categories::LIST])
        .keys(&[several(1)])
        .about(
            "list",
            "7.0.0",
            "Takes elements from an end of the first list that has some.",
        ),
    Spec::new("lpop", -2, lpop::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(TAKES, 1, 0, 1)])
        .about("list", "1.0.0", "Takes the first elements."),
    Spec::new("lpos", -3, lpos::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("list", "6.0.6", "Where an element is in a list."),
    Spec::new("lpush", -3, lpush::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "list",
            "1.0.0",
            "Adds elements at the head, one after another.",
        ),
    Spec::new("lpushx", -3, lpushx::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "list",
            "2.2.0",
            "Adds elements at the head, one after another, of a list that is there already.",
        ),
    Spec::new("lrange", 4, lrange::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("list", "1.0.0", "Elements from one number to another one."),
    Spec::new("lrem", 4, lrem::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("list", "1.0.0", "Removes elements that are equal to one."),
    Spec::new("lset", 4, lset::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "list",
            "1.0.0",
            "Puts an element in the place of another one.",
        ),
    Spec::new("ltrim", 4, ltrim::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about(
            "list",
            "1.0.0",
            "Removes all elements but those from one number to another one.",
        ),
    Spec::new("rpop", -2, rpop::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(TAKES, 1, 0, 1)])
        .about("list", "1.0.0", "Takes the last elements."),
    Spec::new("rpoplpush", 3, rpoplpush::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::LIST])
        .keys(MOVE)
        .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")
        .about(
            "list",
            "1.2.0",
            "Moves the last element of a list to the head of another one, or of the same.",
        ),
    Spec::new("rpush", -3, rpush::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "list",
            "1.0.0",
            "Adds elements at the tail, one after another.",
        ),
    Spec::new("rpushx", -3, rpushx::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::LIST])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about(
            "list",
            "2.2.0",
            "Adds elements at the tail, one after another, of a list that is there already.",
        ),
    Spec::new("blmove", 6, blmove::run)
        .flags(&[
            Traits::WRITE,
            Traits::DENYOOM,
            Traits::NOSCRIPT,
            Traits::BLOCKING,
        ])
        .categories(&[Categories::LIST])
        .keys(MOVE)
        .about(
            "list",
            "6.2.0",
            "As `LMOVE`; waits until there is an element.",
        ),
    Spec::new("blmpop", -5, blmpop::run)
        .flags(&[Traits::WRITE, Traits::BLOCKING, Traits::MOVABLE_KEYS])
        .categories(&[Categories::LIST])
        .keys(&[several(2)])
        .about(
            "list",
            "7.0.0",
            "As `LMPOP`; waits until there is an element.",
        ),
    Spec::new("blpop", -3, blpop::run)
        .flags(&[Traits::WRITE, Traits::NOSCRIPT, Traits::BLOCKING])
        .categories(&[Categories::LIST])
        .keys(&[range(TAKES, 1, -2, 1)])
        .about(
            "list",
            "2.0.0",
            "Takes the first element of the first list that has one; waits until there is one.",
        ),
    Spec::new("brpop", -3, brpop::run)
        .flags(&[Traits::WRITE, Traits::NOSCRIPT, Traits::BLOCKING])
        .categories(&[Categories::LIST])
        .keys(&[range(TAKES, 1, -2, 1)])
        .about(
            "list",
            "2.0.0",
            "Takes the last element of the first list that has one; waits until there is one.",
        ),
    Spec::new("brpoplpush", 4, brpoplpush::run)
        .flags(&[
            Traits::WRITE,
            Traits::DENYOOM,
            Traits::NOSCRIPT,
            Traits::BLOCKING,
        ])
        .categories(&[Categories::LIST])
        .keys(MOVE)
        .deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")
        .about(
            "list",
            "2.2.0",
            "As `RPOPLPUSH`; waits until there is an element.",
        ),
];
