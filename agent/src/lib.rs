//! The Synod agent: roles, front ends, sockets and disks around the replicated cores. `ARCHITECTURE.md` beside this
//! crate's manifest says how a request goes through it.

pub mod admin;
pub mod cache;
pub mod cli;
pub mod clock;
pub mod config;
pub mod disk;
pub mod engine;
pub mod entropy;
pub mod etcd;
pub mod listen;
pub mod logging;
pub mod metrics;
pub mod mutation;
pub mod net;
mod opening;
pub mod roles;
pub mod shutdown;
pub mod tls;
pub mod zookeeper;
