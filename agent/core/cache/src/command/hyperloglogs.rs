//! Commands for HyperLogLogs.

use super::spec::{Categories, KeySpec, KeyUses, Spec, Traits, range};
use crate::commands::{pfadd, pfcount, pfdebug, pfmerge, pfselftest};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::new("pfadd", -2, pfadd::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::FAST])
        .categories(&[Categories::HYPERLOGLOG])
        .keys(&[range(&[KeyUses::RW, KeyUses::INSERT], 1, 0, 1)])
        .about("hyperloglog", "2.8.9", "Counts strings in a HyperLogLog."),
    Spec::new("pfcount", -2, pfcount::run)
        .flags(&[Traits::READONLY])
        .categories(&[Categories::HYPERLOGLOG])
        .keys(&[KeySpec { notes: Some("RW because it may change the internal representation of the key, and propagate to replicas"), ..range(&[KeyUses::RW, KeyUses::ACCESS], 1, -1, 1) }])
        .about("hyperloglog", "2.8.9", "About how many different strings were counted in any of some HyperLogLogs."),
    Spec::new("pfdebug", 3, pfdebug::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::ADMIN])
        .categories(&[Categories::HYPERLOGLOG])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS], 2, 0, 1)])
        .for_the_system()
        .about("hyperloglog", "2.8.9", "Shows what a HyperLogLog is made of."),
    Spec::new("pfmerge", -2, pfmerge::run)
        .flags(&[Traits::WRITE, Traits::DENYOOM])
        .categories(&[Categories::HYPERLOGLOG])
        .keys(&[range(&[KeyUses::RW, KeyUses::ACCESS, KeyUses::INSERT], 1, 0, 1), range(&[KeyUses::RO, KeyUses::ACCESS], 2, -1, 1)])
        .about("hyperloglog", "2.8.9", "Makes a HyperLogLog count what others have counted."),
    Spec::new("pfselftest", 1, pfselftest::run)
        .flags(&[Traits::ADMIN])
        .categories(&[Categories::HYPERLOGLOG])
        .for_the_system()
        .about("hyperloglog", "2.8.9", "Tests the estimates of HyperLogLogs."),
];
