//! Real clients against running members: processes of `synod-agent` (or of etcd, the oracle) on loopback ports, without
//! an operator.
//!
//! It promises that every process it starts is gone when a test ends, and that what a test expects is what etcd answers:
//! the same tests run against etcd by `cargo xtask conformance --against etcd`. It knows nothing of what is inside a
//! member: it uses the files, ports and signals that anybody could use.

pub mod cache;
pub mod etcdctl;
pub mod faults;
pub mod fencing;
pub mod group;
pub mod http;
pub mod local;
pub mod machine;
pub mod names;
pub mod ports;
pub mod process;
pub mod program;
pub mod refusals;
pub mod tools;
pub mod transcript;
pub mod workload;
pub mod zookeeper;

use std::time::{Duration, Instant};

/// What went wrong, in words for the person who reads the test's report.
pub type Failure = String;

/// Repeats until it succeeds, for up to a minute.
///
/// # Errors
/// With the last failure.
pub fn eventually<T>(attempt: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
    eventually_within(Duration::from_secs(60), attempt)
}

/// Repeats until it succeeds, for up to `patience`.
///
/// # Errors
/// With the last failure.
pub fn eventually_within<T>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let deadline = Instant::now() + patience;
    loop {
        match attempt() {
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(50)),
            result => return result,
        }
    }
}
