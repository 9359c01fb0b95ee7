//! The Synod agent: roles, front ends, sockets and disks around the replicated cores.

pub mod engine;
