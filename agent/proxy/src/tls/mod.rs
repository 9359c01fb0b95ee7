//! TLS: certificates as they are used, bytes on their way through a socket, and the name that a client asks for.
//!
//! The cryptography is rustls's, with ring. What is here decides which certificate is shown and when files are read again: new
//! connections are made with what was read last, those that are open are not touched.

mod hello;
mod keys;
mod secure;

pub(crate) use hello::{Asks, Hello};
pub(crate) use keys::{Keys, Outward, Shown};
pub(crate) use secure::Secure;
