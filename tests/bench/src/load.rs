//! One load by etcd's benchmark tool on a running group, and what it cost.

use std::path::Path;
use std::process::Command;

use synod_conformance::Failure;
use synod_conformance::group::Group;

use crate::comparison::Measured;

/// A load: its name, and the tool's arguments but for endpoints and number of operations.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    /// Operations of a round, and of a quick round.
    pub(crate) operations: [u64; 2],
    arguments: &'static [&'static str],
}

/// Puts go to the leader, as etcd's own documentation measures them; ranges to all members.
pub(crate) const LOADS: [Load; 4] = [
    Load {
        name: "put, 1 connection, 1 client",
        operations: [16_000, 500],
        arguments: &[
            "--target-leader",
            "--conns=1",
            "--clients=1",
            "put",
            "--sequential-keys",
            "--key-space-size=100000",
            "--key-size=8",
            "--val-size=256",
        ],
    },
    Load {
        name: "put, 100 connections, 1000 clients",
        operations: [80_000, 5_000],
        arguments: &[
            "--target-leader",
            "--conns=100",
            "--clients=1000",
            "put",
            "--sequential-keys",
            "--key-space-size=100000",
            "--key-size=8",
            "--val-size=256",
        ],
    },
    Load {
        name: "range, linearizable, 100 connections, 1000 clients",
        operations: [80_000, 5_000],
        arguments: &[
            "--conns=100",
            "--clients=1000",
            "range",
            "bench",
            "--consistency=l",
        ],
    },
    Load {
        name: "range, serializable, 100 connections, 1000 clients",
        operations: [100_000, 5_000],
        arguments: &[
            "--conns=100",
            "--clients=1000",
            "range",
            "bench",
            "--consistency=s",
        ],
    },
];

/// Runs a load.
pub(crate) fn run(
    tool: &Path,
    group: &Group,
    load: &Load,
    quick: bool,
) -> Result<Measured, Failure> {
    let operations = load.operations[usize::from(quick)];
    let before = group.cpu_ticks();
    let output = Command::new(tool)
        .args(["--endpoints", &group.endpoints()])
        .args(load.arguments)
        .arg(format!("--total={operations}"))
        .output()
        .map_err(|error| format!("the benchmark tool cannot be run: {error}"))?;
    let ticks = group.cpu_ticks() - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let find = |before: &str, after: &str| {
        let (_, rest) = text.split_once(before)?;
        rest.split_once(after)?.0.trim().parse::<f64>().ok()
    };
    let failed = text.contains("Error distribution") || !output.status.success();
    let measured = || {
        Some(Measured {
            rate: find("Requests/sec:", "\n")?,
            p50_ms: find("50% in ", " secs")? * 1e3,
            p99_ms: find("  99% in ", " secs")? * 1e3,
            cpu_us: ticks as f64 * 10_000.0 / operations as f64,
        })
    };
    match measured() {
        Some(measured) if !failed => Ok(measured),
        _ => Err(format!(
            "{}: {text}{}",
            load.name,
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}
