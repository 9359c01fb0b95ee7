//! Commands for sorted sets.

use super::spec::{Begin, Categories, Find, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{
    bzmpop, bzpopmax, bzpopmin, zadd, zcard, zcount, zdiff, zdiffstore, zincrby, zinter,
    zintercard, zinterstore, zlexcount, zmpop, zmscore, zpopmax, zpopmin, zrandmember, zrange,
    zrangebylex, zrangebyscore, zrangestore, zrank, zrem, zremrangebylex, zremrangebyrank,
    zremrangebyscore, zrevrange, zrevrangebylex, zrevrangebyscore, zrevrank, zscan, zscore, zunion,
    zunionstore,
};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("bzmpop", -5, bzmpop::run)
        .flags(&[Traits::WRITE, Traits::BLOCKING, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[numbered(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 2)])
        .about("sorted-set", "7.0.0", "Removes elements from an end of the first of some sorted sets that is there, or waits for one."),
    Spec::new("bzpopmax", -3, bzpopmax::run)
        .flags(&[Traits::WRITE, Traits::NOSCRIPT, Traits::BLOCKING, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, -2, 1)])
        .about("sorted-set", "5.0.0", "Removes the member with the highest score of the first of some sorted sets that is there, or waits for one."),
    Spec::new("bzpopmin", -3, bzpopmin::run)
        .flags(&[Traits::WRITE, Traits::NOSCRIPT, Traits::BLOCKING, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, -2, 1)])
        .about("sorted-set", "5.0.0", "Removes the member with the lowest score of the first of some sorted sets that is there, or waits for one."),
    Spec::new("zadd", -4, zadd::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "Gives members of a sorted set their scores."),
    Spec::new("zcard", 2, zcard::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "How many members a sorted set has."),
    Spec::new("zcount", 4, zcount::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "2.0.0", "How many members of a sorted set have a score between two."),
    Spec::new("zdiff", -3, zdiff::run)
        .flags(&[Traits::READONLY, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[numbered(&[KeyUses::RO, KeyUses::ACCESS], 1)])
        .about("sorted-set", "6.2.0", "What is in a sorted set and in none of the others."),
    Spec::new("zdiffstore", -4, zdiffstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1), numbered(&[KeyUses::RO, KeyUses::ACCESS], 2)])
        .about("sorted-set", "6.2.0", "Stores what is in a sorted set and in none of the others."),
    Spec::new("zincrby", 4, zincrby::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "Adds to the score of a member of a sorted set."),
    Spec::new("zinter", -3, zinter::run)
        .flags(&[Traits::READONLY, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[numbered(&[KeyUses::RO, KeyUses::ACCESS], 1)])
        .about("sorted-set", "6.2.0", "What is in all of some sorted sets."),
    Spec::new("zintercard", -3, zintercard::run)
        .flags(&[Traits::READONLY, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[numbered(&[KeyUses::RO, KeyUses::ACCESS], 1)])
        .about("sorted-set", "7.0.0", "How many members all of some sorted sets share."),
    Spec::new("zinterstore", -4, zinterstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1), numbered(&[KeyUses::RO, KeyUses::ACCESS], 2)])
        .about("sorted-set", "2.0.0", "Stores what is in all of some sorted sets."),
    Spec::new("zlexcount", 4, zlexcount::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "2.8.9", "How many members of a sorted set lie between two, if all have the same score."),
    Spec::new("zmpop", -4, zmpop::run)
        .flags(&[Traits::WRITE, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[numbered(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1)])
        .about("sorted-set", "7.0.0", "Removes elements from an end of the first of some sorted sets that is there."),
    Spec::new("zmscore", -3, zmscore::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "6.2.0", "The scores of members of a sorted set."),
    Spec::new("zpopmax", -2, zpopmax::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, 0, 1)])
        .about("sorted-set", "5.0.0", "Removes the members with the highest scores of a sorted set."),
    Spec::new("zpopmin", -2, zpopmin::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::DELETE], 1, 0, 1)])
        .about("sorted-set", "5.0.0", "Removes the members with the lowest scores of a sorted set."),
    Spec::new("zrandmember", -2, zrandmember::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("sorted-set", "6.2.0", "Random members of a sorted set."),
    Spec::new("zrange", -4, zrange::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "Members of a sorted set between two ranks, scores or members."),
    Spec::new("zrangebylex", -4, zrangebylex::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument")
        .about("sorted-set", "2.8.9", "Members of a sorted set between two members, if all have the same score."),
    Spec::new("zrangebyscore", -4, zrangebyscore::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument")
        .about("sorted-set", "1.0.5", "Members of a sorted set between two scores."),
    Spec::new("zrangestore", -5, zrangestore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1), range(&[KeyUses::RO, KeyUses::ACCESS], 2, 0, 1)])
        .about("sorted-set", "6.2.0", "Stores members of a sorted set between two ranks, scores or members."),
    Spec::new("zrank", -3, zrank::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "2.0.0", "How many members of a sorted set are before one."),
    Spec::new("zrem", -3, zrem::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "Removes members of a sorted set."),
    Spec::new("zremrangebylex", 4, zremrangebylex::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("sorted-set", "2.8.9", "Removes members of a sorted set between two members, if all have the same score."),
    Spec::new("zremrangebyrank", 4, zremrangebyrank::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("sorted-set", "2.0.0", "Removes members of a sorted set between two ranks."),
    Spec::new("zremrangebyscore", 4, zremrangebyscore::run)
        .flags(&[Traits::WRITE])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "Removes members of a sorted set between two scores."),
    Spec::new("zrevrange", -4, zrevrange::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("6.2.0", "`ZRANGE` with the `REV` argument")
        .about("sorted-set", "1.2.0", "Members of a sorted set between two ranks, the highest score first."),
    Spec::new("zrevrangebylex", -4, zrevrangebylex::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")
        .about("sorted-set", "2.8.9", "Members of a sorted set between two members, the last one first, if all have the same score."),
    Spec::new("zrevrangebyscore", -4, zrevrangebyscore::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")
        .about("sorted-set", "2.2.0", "Members of a sorted set between two scores, the highest one first."),
    Spec::new("zrevrank", -3, zrevrank::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "2.0.0", "How many members of a sorted set are behind one."),
    Spec::new("zscan", -3, zscan::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("sorted-set", "2.8.0", "A walk over the members of a sorted set, step by step."),
    Spec::new("zscore", 3, zscore::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("sorted-set", "1.2.0", "The score of a member of a sorted set."),
    Spec::new("zunion", -3, zunion::run)
        .flags(&[Traits::READONLY, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[numbered(&[KeyUses::RO, KeyUses::ACCESS], 1)])
        .about("sorted-set", "6.2.0", "What is in any of some sorted sets."),
    Spec::new("zunionstore", -4, zunionstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::MOVABLE_KEYS])
        .categories(&[Categories::SORTEDSET])
        .keys(&[range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1), numbered(&[KeyUses::RO, KeyUses::ACCESS], 2)])
        .about("sorted-set", "2.0.0", "Stores what is in any of some sorted sets."),
];

/// As many keys as an argument says, which are behind it.
const fn numbered(uses: &[KeyUses], argument: usize) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(uses),
        begin: Begin::Index(argument),
        find: Find::KeyNumber {
            count: 0,
            first: 1,
            step: 1,
        },
        notes: None,
    }
}
