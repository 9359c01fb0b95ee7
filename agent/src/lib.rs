//! The Synod agent: roles, front ends, sockets and disks around the replicated cores.

pub mod clock;
pub mod disk;
pub mod engine;
pub mod listen;
pub mod metrics;
pub mod net;
pub mod tls;
