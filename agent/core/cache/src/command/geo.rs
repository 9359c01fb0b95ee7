//! Commands for geospatial indices, which are sorted sets.

use super::spec::{Begin, Categories, Find, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{
    geoadd, geodist, geohash, geopos, georadius, georadius_ro, georadiusbymember,
    georadiusbymember_ro, geosearch, geosearchstore,
};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("geoadd", -5, geoadd::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RW, KeyUses::UPDATE], 1, 0, 1)])
        .about(
            "geo",
            "3.2.0",
            "Gives members of a geospatial index their places.",
        ),
    Spec::new("geodist", -4, geodist::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "geo",
            "3.2.0",
            "How far two members of a geospatial index are from each other.",
        ),
    Spec::new("geohash", -2, geohash::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "geo",
            "3.2.0",
            "The geohashes of members of a geospatial index.",
        ),
    Spec::new("geopos", -2, geopos::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "geo",
            "3.2.0",
            "The places of members of a geospatial index.",
        ),
    Spec::new("georadius", -6, georadius::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::MOVABLE_KEYS])
        .categories(&[Categories::GEO])
        .keys(&[
            range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1),
            behind(&[KeyUses::OW, KeyUses::UPDATE], "STORE", 6),
            behind(&[KeyUses::OW, KeyUses::UPDATE], "STOREDIST", 6),
        ])
        .deprecated(
            "6.2.0",
            "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
        )
        .about(
            "geo",
            "3.2.0",
            "Members of a geospatial index in a circle around a place; may store them.",
        ),
    Spec::new("georadius_ro", -6, georadius_ro::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")
        .about(
            "geo",
            "3.2.10",
            "Members of a geospatial index in a circle around a place.",
        ),
    Spec::new("georadiusbymember", -5, georadiusbymember::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::MOVABLE_KEYS])
        .categories(&[Categories::GEO])
        .keys(&[
            range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1),
            behind(&[KeyUses::OW, KeyUses::UPDATE], "STORE", 5),
            behind(&[KeyUses::OW, KeyUses::UPDATE], "STOREDIST", 5),
        ])
        .deprecated(
            "6.2.0",
            "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
        )
        .about(
            "geo",
            "3.2.0",
            "Members of a geospatial index in a circle around one of them; may store them.",
        ),
    Spec::new("georadiusbymember_ro", -5, georadiusbymember_ro::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .deprecated(
            "6.2.0",
            "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
        )
        .about(
            "geo",
            "3.2.10",
            "Members of a geospatial index in a circle around one of them.",
        ),
    Spec::new("geosearch", -7, geosearch::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::GEO])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "geo",
            "6.2.0",
            "Members of a geospatial index in a circle or a box.",
        ),
    Spec::new("geosearchstore", -8, geosearchstore::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::GEO])
        .keys(&[
            range(&[KeyUses::OW, KeyUses::UPDATE], 1, 0, 1),
            range(&[KeyUses::RO, KeyUses::ACCESS], 2, 0, 1),
        ])
        .about(
            "geo",
            "6.2.0",
            "Stores members of a geospatial index in a circle or a box.",
        ),
];

/// The key behind a word, which is looked for from an argument on.
const fn behind(uses: &[KeyUses], word: &'static str, argument: isize) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(uses),
        begin: Begin::Keyword(word, argument),
        find: Find::Range {
            last: 0,
            step: 1,
            limit: 0,
        },
        notes: None,
    }
}
