//! A cache's keyspace, commands and effects, as a pure, deterministic state machine.
//!
//! One command's way: [`command::named`] finds it, [`command::Call::run`] carries it out on [`keys::Keys`] and encodes the
//! [`reply::Reply`]; what it did to a [`partition::Partition`] is in its effects, which replicas and who replays the log apply.
//!
//! It knows nothing of sockets, disks and clocks: time and entropy are handed in.

mod collection;
pub mod command;
mod commands;
mod contents;
mod effect;
mod eviction;
mod glob;
mod hash;
pub mod keys;
mod keyspace;
pub mod notice;
mod number;
mod packed;
pub mod partition;
mod random;
pub mod rdb;
pub mod reply;
pub mod slot;
mod sorting;
pub mod table;
mod whole;
mod wire;

pub use collection::Limits;
pub use eviction::{Policy, Settings};
pub use keyspace::Kind;
pub use wire::Corrupt;
