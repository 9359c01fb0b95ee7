//! Certificates: read, checked, read again when they change; and what a peer's certificate says about it.
//!
//! Promises: a connection is made with the newest certificates that were whole when they were read; damaged files change
//! nothing but a warning in the log; keys are never logged. What is verified is the chain to the CA and the identity in
//! the URI subject alternative name, never a DNS name or an address.
//! Knows nothing of what is said over a connection.

mod chain;
mod material;
mod pem;
mod stream;

pub use chain::{principal, subject};
pub use material::{Certificates, ClientTrust, Sources, TlsError};
pub use stream::{ServerConfigs, Stream, TlsAccept};
