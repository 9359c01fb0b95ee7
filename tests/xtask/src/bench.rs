//! `cargo xtask bench`: measurements beside the peers.

use crate::Failure;
use crate::peers;
use crate::steps::{Step, Steps};
use crate::workspace::{build_release, command, release, root, succeed};

/// Measure side by side with the peers.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// etcd and Synod, three members each, with etcd's own benchmark tool
    Consensus {
        /// A smoke: one short round, nothing written
        #[arg(long)]
        quick: bool,
        /// Further options of the benchmark (see `-- --help`)
        #[arg(last = true)]
        rest: Vec<String>,
    },
}

/// Builds both sides and runs the measurement.
pub(crate) fn run(command_line: &Command) -> Result<(), Failure> {
    let Command::Consensus { quick, rest } = command_line;
    let mut steps = Steps::new(vec![
        Step {
            name: "build etcd and its tools",
            cold: "2 min",
        },
        Step {
            name: "build synod-agent",
            cold: "6 min",
        },
        Step {
            name: "measure",
            cold: if *quick { "30 s" } else { "8 min" },
        },
    ]);
    let peers = steps.run(peers::build)?;
    steps.run(build_release)?;
    let mut bench = command(release().join("synod-bench"));
    bench
        .arg("consensus")
        .arg("--programs")
        .arg(release())
        .arg("--peers")
        .arg(peers);
    if *quick {
        bench.arg("--quick");
    } else {
        bench
            .arg("--write")
            .arg(root().join("tests/bench/RESULTS.md"));
    }
    steps.run(|| succeed(bench.args(rest)))
}
