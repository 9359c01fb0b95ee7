//! Commands for strings.

use super::spec::{Categories, KeyUses, Spec, Traits, range};
use crate::commands::{get, set};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("get", 2, get::run)
        .flags(&[Traits::READONLY, Traits::FAST])
        .categories(&[Categories::STRING])
        .keys(&[range(&[KeyUses::RO, KeyUses::ACCESS], 1, 0, 1)])
        .about("string", "1.0.0", "The string under a key."),
    Spec::new("set", -3, set::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::STRING])
        .keys(&[range(
            &[
                KeyUses::RW,
                KeyUses::ACCESS,
                KeyUses::UPDATE,
                KeyUses::INSERT,
                KeyUses::VARIABLE_FLAGS,
            ],
            1,
            0,
            1,
        )])
        .about(
            "string",
            "1.0.0",
            "Puts a string under a key, whatever was there.",
        ),
];
