//! Clients of ZooKeeper's protocol against running ensembles.
//!
//! What a test expects is what ZooKeeper 3.8 answers: they are run against it by
//! `cargo xtask conformance --against zookeeper`. What the clients' programs read and print is in
//! `tests/conformance/zookeeper/README.md`.

pub mod bed;
pub mod certificates;
pub mod clients;
pub mod connection;
pub mod corpus;
pub mod crowd;
pub mod ensemble;
pub mod faults;
pub mod judge;
pub mod recipes;
pub mod settings;
mod shell;
pub mod words;
pub mod zkcli;

use crate::Failure;

/// One test: its name and what it does.
pub struct Case {
    /// `zookeeper/...`
    pub name: String,
    /// Runs it.
    pub run: Box<dyn FnOnce() -> Result<(), Failure>>,
}

impl Case {
    /// A test out of a closure.
    pub fn new(name: &str, run: impl FnOnce() -> Result<(), Failure> + 'static) -> Self {
        Self {
            name: format!("zookeeper/{name}"),
            run: Box::new(run),
        }
    }
}
