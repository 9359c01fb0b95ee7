//! Commands for streams.

use super::spec::{Begin, Categories, Find, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{
    xack, xadd, xautoclaim, xclaim, xdel, xgroup, xinfo, xlen, xpending, xrange, xread, xreadgroup,
    xrevrange, xsetid, xtrim,
};

const STREAM: &[Categories] = &[Categories::STREAM];

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("xack", -4, xack::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "stream",
            "5.0.0",
            "Says that entries were dealt with, so that they are pending no more.",
        ),
    Spec::new("xadd", -5, xadd::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(STREAM)
        .keys(&[KeySpec {
            notes: Some("UPDATE instead of INSERT because of the optional trimming feature"),
            ..range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)
        }])
        .tips(&["nondeterministic_output"])
        .about("stream", "5.0.0", "Adds an entry at the end of a stream."),
    Spec::new("xautoclaim", -6, xautoclaim::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about(
            "stream",
            "6.2.0",
            "Gives a consumer what has been pending for too long.",
        ),
    Spec::new("xclaim", -6, xclaim::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about(
            "stream",
            "5.0.0",
            "Gives a consumer entries that are pending for another one.",
        ),
    Spec::new("xdel", -3, xdel::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("stream", "5.0.0", "Removes entries of a stream."),
    Spec::container("xgroup", XGROUP).about("stream", "5.0.0", "Groups of consumers."),
    Spec::container("xinfo", XINFO).about("stream", "5.0.0", "What is known of a stream."),
    Spec::new("xlen", 2, xlen::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO], 1, 0, 1)])
        .about("stream", "5.0.0", "How many entries a stream has."),
    Spec::new("xpending", -3, xpending::run)
        .flags(&[Traits::READONLY])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("stream", "5.0.0", "What is pending in a group."),
    Spec::new("xrange", -4, xrange::run)
        .flags(&[Traits::READONLY])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("stream", "5.0.0", "The entries from one id to another one."),
    Spec::new("xread", -4, xread::run)
        .flags(&[Traits::READONLY, Traits::BLOCKING, Traits::MOVABLE_KEYS])
        .categories(STREAM)
        .keys(&[behind_streams(1)])
        .about(
            "stream",
            "5.0.0",
            "The entries of streams that come after those that were seen; can wait for them.",
        ),
    Spec::new("xreadgroup", -7, xreadgroup::run)
        .flags(&[Traits::WRITE, Traits::BLOCKING, Traits::MOVABLE_KEYS])
        .categories(STREAM)
        .keys(&[behind_streams(4)])
        .about(
            "stream",
            "5.0.0",
            "Entries that nobody of a group was given, for one of its consumers, or what is pending for \
             him; can wait for them.",
        ),
    Spec::new("xrevrange", -4, xrevrange::run)
        .flags(&[Traits::READONLY])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "stream",
            "5.0.0",
            "The entries from one id back to another one.",
        ),
    Spec::new("xsetid", -3, xsetid::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "stream",
            "5.0.0",
            "Sets the id above which the next entry's is.",
        ),
    Spec::new("xtrim", -4, xtrim::run)
        .flags(&[Traits::WRITE])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("stream", "5.0.0", "Removes the first entries of a stream."),
];

const XGROUP: &[Spec] = &[
    Spec::new("create", -5, xgroup::create::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 2, 0, 1)])
        .about("stream", "5.0.0", "Makes a group."),
    Spec::new("createconsumer", 5, xgroup::createconsumer::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 2, 0, 1)])
        .about("stream", "6.2.0", "Makes a consumer of a group."),
    Spec::new("delconsumer", 5, xgroup::delconsumer::run)
        .flags(&[Traits::WRITE])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 2, 0, 1)])
        .about("stream", "5.0.0", "Removes a consumer of a group."),
    Spec::new("destroy", 4, xgroup::destroy::run)
        .flags(&[Traits::WRITE])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 2, 0, 1)])
        .about("stream", "5.0.0", "Removes a group."),
    Spec::new("help", 2, xgroup::help::run)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(STREAM)
        .about("stream", "5.0.0", "How XGROUP is called."),
    Spec::new("setid", -5, xgroup::setid::run)
        .flags(&[Traits::WRITE])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 2, 0, 1)])
        .about(
            "stream",
            "5.0.0",
            "Sets after which entry a group goes on reading.",
        ),
];

const XINFO: &[Spec] = &[
    Spec::new("consumers", 4, xinfo::consumers::run)
        .flags(&[Traits::READONLY])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 2, 0, 1)])
        .tips(&["nondeterministic_output"])
        .about("stream", "5.0.0", "The consumers of a group."),
    Spec::new("groups", 3, xinfo::groups::run)
        .flags(&[Traits::READONLY])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 2, 0, 1)])
        .about("stream", "5.0.0", "The groups of a stream."),
    Spec::new("help", 2, xinfo::help::run)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(STREAM)
        .about("stream", "5.0.0", "How XINFO is called."),
    Spec::new("stream", -3, xinfo::stream::run)
        .flags(&[Traits::READONLY])
        .categories(STREAM)
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 2, 0, 1)])
        .about("stream", "5.0.0", "What is known of a stream."),
];

/// Keys in the first half of what is behind the word `STREAMS`, which is looked for from this argument on.
const fn behind_streams(from: isize) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(&[KeyUses::RO, KeyUses::ACCESS]),
        begin: Begin::Keyword("STREAMS", from),
        find: Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
        notes: None,
    }
}
