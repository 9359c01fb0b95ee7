//! The simulator: whole groups over virtual network, disks and clocks.
//!
//! It links what ships (the Paxos core, the driver with its write-ahead log and recovery, the key-value store) and puts it
//! into a world that a seed draws: machines that lose power and forget what was not synced, disks that rot, fill up and
//! stall, networks that lose, repeat, reorder and split, clocks that drift and jump, processes that pause, members that
//! come and go. Clients work all the while. It contains no replication, log, recovery or apply code of its own.
//!
//! What is checked, and where:
//!
//! | checker | what it demands | file |
//! |---|---|---|
//! | `invariants` | assertions of the shipped code hold after every step | the crates' own |
//! | `agreement` | no two members apply different things at one slot | `log.rs` |
//! | `equal state` | equal digests at equal slots, after restarts and installed snapshots too | `log.rs`, `passage.rs` |
//! | `exactly once` | no command takes effect twice, none that was refused | `ledger.rs`, `witness.rs` |
//! | `durability` | what was acknowledged is in the log | `ledger.rs` |
//! | `linearizability` | answers are the model's, at a point between asking and answer; the log is the witness | `ledger.rs`, `model.rs` |
//! | `revisions` | one per effective change, never repeated | `ledger.rs` |
//! | `watches` | every change, in order, once, whole revisions, over restarts | `watch.rs` |
//! | `leases` | none ends before what clients were promised; all end | `lease.rs` |
//! | `ballots`, `monotone`, `amnesia`, `promises`, `membership` | nobody leads twice in a ballot, goes back, votes after a loss, contradicts a promise, or is removed below quorum | `world.rs`, `votes.rs` |
//! | `answers`, `progress` | every request is answered in time; without faults all clients and members go on | `world.rs`, `run.rs` |
//! | `recovery`, `unknown commands` | a disk that must be usable is; an unknown command halts | `world.rs` |
//! | `survivor` | a group that lost its quorum for good goes on with all that a survivor accepted, and listens to nobody of before | `survivor.rs` |
//!
//! The same worlds serve a LockService, with ZooKeeper's front end and clients that speak its protocol (`locks/mod.rs`, with
//! checkers of its own), and the operator is simulated over them: see [`operator`]. What is the same for both machines is in
//! `log.rs` (agreement, equal state, ballots, stamps) and `passage.rs`; what a service brings is in `service.rs`.

mod client;
mod dialect;
mod host;
mod keys;
mod locks;
mod nemesis;
mod observe;
mod passage;
mod processes;
mod survivor;
mod usurper;
mod violation;
mod votes;
mod watch;
mod witness;

pub mod cli;
pub mod clock;
pub mod disk;
pub mod lease;
pub mod ledger;
pub mod log;
pub mod model;
pub mod mutation;
pub mod net;
pub mod operation;
pub mod operator;
pub mod profile;
pub mod random;
pub mod report;
pub mod run;
pub mod scenarios;
mod service;
pub mod trace;
mod world;

pub use violation::Violation;
