//! Clients of Redis's protocol, and of memcached's, against a running cache.
//!
//! What a test expects is what redis-server 7.0 and memcached 1.6 answer: they are run against those by
//! `cargo xtask conformance --cache --against redis`. What the clients' programs read and print is in
//! `tests/conformance/cache/README.md`.

pub mod bed;
pub mod cli;
pub mod clients;
pub mod covered;
pub mod server;

use crate::Failure;

/// One test: its name and what it does.
pub struct Case {
    /// `cache/...`
    pub name: String,
    /// Runs it.
    pub run: Box<dyn FnOnce() -> Result<(), Failure>>,
}

impl Case {
    /// A test out of a closure.
    pub fn new(name: &str, run: impl FnOnce() -> Result<(), Failure> + 'static) -> Self {
        Self {
            name: format!("cache/{name}"),
            run: Box::new(run),
        }
    }
}
