//! A cache's keyspace, commands and effects, as a pure, deterministic state machine.
//!
//! One command's way: [`command::named`] finds it, [`command::Call::run`] carries it out on [`keys::Keys`] and encodes the
//! [`reply::Reply`]; what it did to a [`partition::Partition`] is in its effects, which replicas and who replays the log apply.
//!
//! It knows nothing of sockets, disks and clocks: time and entropy are handed in.

pub mod aof;
mod bitmap;
mod collection;
pub mod command;
mod commands;
mod contents;
mod effect;
mod effects;
mod eviction;
mod export;
mod geo;
pub mod glob;
mod hash;
mod hyperloglog;
mod import;
pub mod item;
pub mod keys;
mod keyspace;
mod list;
mod long_double;
pub mod notice;
pub mod number;
mod packed;
pub mod partition;
mod pinned;
mod random;
pub mod rdb;
pub mod reply;
pub mod request;
mod sample;
mod scan;
mod set;
mod shelves;
mod size_class;
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
pub use contents::Content;
pub use eviction::{Policy, Settings};
pub use export::{Export, Exported};
pub use import::{Loaded, Unloadable};
pub use keyspace::Kind;
pub use number::integer;
pub use pinned::Pinned;
pub use wire::Corrupt;
