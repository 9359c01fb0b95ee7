//! Commands for bits of strings.

use super::spec::{Categories, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{bitcount, bitfield, bitfield_ro, bitop, bitpos, getbit, setbit};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("bitcount", -2, bitcount::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::BITMAP])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("bitmap", "2.6.0", "How many bits of a string are set."),
    Spec::new("bitfield", -2, bitfield::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::BITMAP])
        .keys(&[KeySpec {
            notes: Some("This command allows both access and modification of the key"),
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
            "bitmap",
            "3.2.0",
            "Reads and changes whole numbers of any width among the bits of a string.",
        ),
    Spec::new("bitfield_ro", -2, bitfield_ro::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::BITMAP])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "bitmap",
            "6.0.0",
            "Reads whole numbers of any width among the bits of a string.",
        ),
    Spec::new("bitop", -4, bitop::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::BITMAP])
        .keys(&[
            range(&[KeyUses::OW, KeyUses::UPDATE], 2, 0, 1),
            range(&[KeyUses::RO, KeyUses::ACCESS], 3, -1, 1),
        ])
        .about(
            "bitmap",
            "2.6.0",
            "Combines strings bit by bit, and puts what becomes of it under a key.",
        ),
    Spec::new("bitpos", -3, bitpos::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::BITMAP])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about(
            "bitmap",
            "2.8.7",
            "The first bit of a string that is set, or not set.",
        ),
    Spec::new("getbit", 3, getbit::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::BITMAP])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("bitmap", "2.2.0", "A bit of a string."),
    Spec::new("setbit", 4, setbit::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::BITMAP])
        .keys(&[range(
            &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE],
            1,
            0,
            1,
        )])
        .about(
            "bitmap",
            "2.2.0",
            "Sets a bit of a string, or makes it 0, and tells what it was.",
        ),
];
