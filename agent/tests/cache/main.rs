//! A CacheCluster's agent as a process of its own, and clients on bare sockets: whom it lets in, what outlives it, and what it tells.

#[path = "../authority/mod.rs"]
mod authority;
mod client;
mod disk;
mod password;
mod process;
mod refusals;
mod tls;
mod told;
