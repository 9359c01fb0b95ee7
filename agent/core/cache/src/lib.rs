//! A cache's keyspace, commands and effects, as a pure, deterministic state machine.
//!
//! One command's way: [`command::named`] finds it, [`command::Call::run`] carries it out on [`keys::Keys`] and encodes the
//! [`reply::Reply`]; what it did to a [`partition::Partition`] is in its effects, which replicas and who replays the log apply.
//!
//! It knows nothing of sockets, disks and clocks: time and entropy are handed in.

mod bitmap;
mod collection;
pub mod command;
mod commands;
mod contents;
mod effect;
mod eviction;
mod geo;
pub mod glob;
mod hash;
mod hyperloglog;
pub mod item;
pub mod keys;
mod keyspace;
mod list;
mod long_double;
pub mod notice;
mod number;
mod packed;
pub mod partition;
mod random;
pub mod rdb;
pub mod reply;
pub mod request;
mod sample;
mod scan;
mod set;
pub mod slot;
mod sorted_set;
mod sorting;
mod stream;
mod string;
mod subsequence;
pub mod table;
mod whole;
mod wire;

pub use collection::Limits;
pub use eviction::{Policy, Settings};
pub use keyspace::Kind;
pub use number::integer;
pub use wire::Corrupt;
