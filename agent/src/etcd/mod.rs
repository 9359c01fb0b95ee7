//! The etcd v3 front end: wire to command and back, nothing else.
//!
//! It promises etcd's answers: its codes and words, its revisions in headers, its order of watch events. One call is one
//! file. It decides nothing and keeps nothing that has to survive; what it asks of the member goes through the
//! [`Engine`](crate::engine::Engine), what it asks of the store runs there as a closure. It knows nothing of ballots,
//! disks or peers.

mod auth;
mod calls;
mod cluster;
mod compact;
mod decode;
mod delete;
mod encode;
mod errors;
mod front;
mod gate;
mod grpc;
mod header;
mod health;
pub mod ids;
mod lease;
mod maintenance;
mod metrics;
mod pong;
mod put;
mod range;
mod route;
mod server;
mod turns;
mod txn;
mod version;
mod watch;

#[cfg(test)]
mod tests;

pub use errors::EtcdError;
pub use front::{Front, Settings};
pub use server::serve;
