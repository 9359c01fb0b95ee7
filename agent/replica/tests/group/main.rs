//! Whole groups of the driver over disks and a network in memory.

#![allow(unreachable_pub, dead_code)]

mod chaos;
mod disk;
mod founding;
mod ledger;
mod recovery;
mod scenarios;
mod survivor;
mod world;
