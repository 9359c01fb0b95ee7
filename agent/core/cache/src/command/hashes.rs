//! Commands for hashes.

use super::spec::{Categories, KeyUses, Spec, Traits, range};
use crate::commands::{hdel, hget, hgetall, hset};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("hset", -4, hset::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about("hash", "2.0.0", "Gives fields of a hash their values."),
    Spec::new("hget", 3, hget::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("hash", "2.0.0", "The value of a field of a hash."),
    Spec::new("hgetall", 2, hgetall::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("hash", "2.0.0", "All fields of a hash with their values."),
    Spec::new("hdel", -3, hdel::run)
        .flags(&[Traits::WRITE, Traits::FAST])
        .categories(&[Categories::HASH])
        .keys(&[range(&[KeyUses::RW, KeyUses::DELETE], 1, 0, 1)])
        .about("hash", "2.0.0", "Removes fields of a hash."),
];
