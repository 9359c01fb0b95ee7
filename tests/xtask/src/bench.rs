//! `cargo xtask bench`: measurements beside the peers.

use crate::Failure;
use crate::peers::{self, ETCD, KUBERNETES};
use crate::steps::{Step, Steps};
use crate::workspace::{
    build_release, cargo, clients, command, release, root, succeed, target, temporary,
};

/// Measure side by side with the peers.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Puts and ranges: etcd and Synod, three members each, with etcd's own benchmark tool
    Consensus(Arguments),
    /// From a kill -9 of the leader to the next acknowledged write: etcd and Synod
    Failover(Arguments),
    /// Writes, reads and locks: ZooKeeper and Synod's LockService, three members each (needs Debian's zookeeper and Java)
    Locks(Arguments),
    /// Commands and memory: Redis and Synod's cache, a thread for each process (needs Debian's redis)
    Cache(Arguments),
    /// Requests through HAProxy, nginx and Synod's proxy, a thread each (needs Debian's haproxy, nginx and wrk)
    Balancer(Arguments),
    /// The operator at 500 objects, against a real kube-apiserver with played nodes and agents: memory, calls, writes
    Operator(Arguments),
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
        Command::Locks(arguments) => return locks(arguments),
        Command::Cache(arguments) => return cache(arguments),
        Command::Balancer(arguments) => return balancer(arguments),
        Command::Operator(arguments) => return operator(arguments),
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

/// Builds the agents and measures them beside ZooKeeper, which the system has.
fn locks(arguments: &Arguments) -> Result<(), Failure> {
    let step = |name, cold| Step { name, cold };
    let mut steps = Steps::new(vec![
        step("build synod-agent", "6 min"),
        step("measure", if arguments.quick { "1 min" } else { "15 min" }),
    ]);
    steps.run(build_release)?;
    let mut bench = command(release().join("synod-bench"));
    bench.env("TMPDIR", temporary()?);
    bench.arg("locks").arg("--programs").arg(release());
    if arguments.quick {
        bench.arg("--quick");
    } else {
        bench
            .arg("--write")
            .arg(root().join("tests/bench/LOCKS.md"));
    }
    steps.run(|| succeed(bench.args(&arguments.rest)))
}

/// Builds a server of the cache and measures it beside Redis, which the system has.
fn cache(arguments: &Arguments) -> Result<(), Failure> {
    let step = |name, cold| Step { name, cold };
    let mut steps = Steps::new(vec![
        step("build synod-bench", "6 min"),
        step("measure", if arguments.quick { "2 min" } else { "15 min" }),
    ]);
    steps.run(build_release)?;
    let mut bench = command(release().join("synod-bench"));
    bench.env("TMPDIR", temporary()?);
    bench.arg("cache");
    if arguments.quick {
        bench.arg("--quick");
    } else {
        bench
            .arg("--write")
            .arg(root().join("tests/bench/CACHE.md"));
    }
    steps.run(|| succeed(bench.args(&arguments.rest)))
}

/// Builds a proxy and measures it beside those that the system has.
fn balancer(arguments: &Arguments) -> Result<(), Failure> {
    let step = |name, cold| Step { name, cold };
    let mut steps = Steps::new(vec![
        step("build synod-bench", "6 min"),
        step("measure", if arguments.quick { "1 min" } else { "10 min" }),
    ]);
    steps.run(build_release)?;
    let mut bench = command(release().join("synod-bench"));
    bench.env("TMPDIR", temporary()?);
    bench.arg("balancer");
    if arguments.quick {
        bench.arg("--quick");
    } else {
        bench
            .arg("--write")
            .arg(root().join("tests/bench/BALANCER.md"));
    }
    steps.run(|| succeed(bench.args(&arguments.rest)))
}

/// Builds the operator and a real API server, and measures the one at the other.
fn operator(arguments: &Arguments) -> Result<(), Failure> {
    let step = |name, cold| Step { name, cold };
    let mut steps = Steps::new(vec![
        step("build synod as it is shipped", "10 min"),
        step("build etcd and its tools", "2 min"),
        step("build kube-apiserver and kubectl", "10 min"),
        step("measure", if arguments.quick { "3 min" } else { "20 min" }),
    ]);
    steps.run(build_scale)?;
    let etcd = steps.run(|| ETCD.build())?;
    let kubernetes = steps.run(|| KUBERNETES.build())?;
    let programs = target().join("dist");
    let mut bench = command(programs.join("synod-scale"));
    bench.env("TMPDIR", temporary()?);
    bench.arg("--programs").arg(programs);
    bench.arg("--peers").arg(etcd);
    bench.arg("--kubernetes").arg(kubernetes);
    if arguments.quick {
        bench.arg("--quick");
    } else {
        let file = root().join("tests/bench/OPERATOR.md");
        bench.arg("--write").arg(file);
    }
    steps.run(|| succeed(bench.args(&arguments.rest)))
}

/// The operator, and what plays the rest, with the profile of images: the memory that is measured is what users see.
fn build_scale() -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["build", "--profile", "dist", "--bins"]);
    command.args(["-p", "synod-operator", "-p", "synod-cluster"]);
    succeed(&mut command)
}
