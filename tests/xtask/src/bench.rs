//! `cargo xtask bench`: measurements beside the peers.

use crate::Failure;
use crate::peers;
use crate::steps::{Step, Steps};
use crate::workspace::{build_release, clients, command, release, root, succeed, temporary};

/// Measure side by side with the peers.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Puts and ranges: etcd and Synod, three members each, with etcd's own benchmark tool
    Consensus(Arguments),
    /// From a kill -9 of the leader to the next acknowledged write: etcd and Synod
    Failover(Arguments),
}

/// What all measurements take.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A smoke: one short round, nothing written
    #[arg(long)]
    quick: bool,
    /// Further options of the benchmark (see `-- --help`)
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds both sides and runs the measurement.
pub(crate) fn run(command_line: &Command) -> Result<(), Failure> {
    let (name, file, arguments) = match command_line {
        Command::Consensus(arguments) => ("consensus", "CONSENSUS.md", arguments),
        Command::Failover(arguments) => ("failover", "FAILOVER.md", arguments),
    };
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
            cold: if arguments.quick { "1 min" } else { "8 min" },
        },
    ]);
    let peers = steps.run(|| {
        peers::build_own(&clients())?;
        peers::build()
    })?;
    steps.run(build_release)?;
    let mut bench = command(release().join("synod-bench"));
    bench
        .env("TMPDIR", temporary()?)
        .arg(name)
        .arg("--programs")
        .arg(release());
    bench.arg("--peers").arg(peers).arg("--own").arg(clients());
    if arguments.quick {
        bench.arg("--quick");
    } else {
        bench
            .arg("--write")
            .arg(root().join("tests/bench").join(file));
    }
    steps.run(|| succeed(bench.args(&arguments.rest)))
}
