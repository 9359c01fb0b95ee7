//! The developer's commands: `cargo xtask <command>`.
//!
//! Each command builds what it needs, says what it is doing and what is still to come, and ends with one clear line. It
//! knows nothing of what it runs: the programs it starts do the work and decide about success.

mod apiserver;
mod before;
mod bench;
mod chart;
mod cluster;
mod conformance;
mod crds;
mod differential;
mod e2e;
mod fuzz;
mod operator;
mod peers;
mod promtool;
mod sim;
mod steps;
mod suite;
mod tally;
mod up;
mod workspace;
mod zookeeper;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, in words for the person at the terminal.
pub(crate) type Failure = String;

#[derive(Parser)]
#[command(
    bin_name = "cargo xtask",
    about = "The developer's commands",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and run the quickstart: a three-member ConsensusGroup on this machine
    Up(up::Arguments),
    /// Check everything: format, lints, docs, unit tests, real clients against real processes
    Test(suite::Arguments),
    /// Real clients against running members; part of `test`
    Conformance(conformance::Arguments),
    /// The embedded Kubernetes API beside a real kube-apiserver, and kubectl against `synod local`
    Apiserver(apiserver::Arguments),
    /// Whole groups over simulated network, disks and clocks; arguments go to the simulator (try `-- --help`)
    Sim(sim::Arguments),
    /// The operator's plans under stale reads, refused writes, crashes, lost pods, claims and nodes, and a deposed operator
    Operator(operator::Arguments),
    /// Measure side by side with the peers
    #[command(subcommand)]
    Bench(bench::Command),
    /// The Helm chart: rendered by a real helm, held against the programs; alerts by promtool
    Chart(chart::Arguments),
    /// A real Kubernetes of several nodes on this machine, by kind
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Synod in a real Kubernetes, installed by Helm and harmed
    E2e(e2e::Arguments),
    /// Harm without a plan in a real Kubernetes
    Chaos(e2e::Chaos),
    /// Decoders under random bytes that follow their branches
    Fuzz(fuzz::Arguments),
    /// Write crds/*.yaml from the Rust types, and the chart's copies
    Crds(crds::Arguments),
    /// Build the peers' programs (etcd, etcdctl, etcdutl, benchmark) into the cache and print where they are
    Peers,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Up(arguments) => up::run(&arguments),
        Command::Test(arguments) => suite::run(&arguments),
        Command::Conformance(arguments) => conformance::run(&arguments),
        Command::Apiserver(arguments) => apiserver::run(&arguments),
        Command::Sim(arguments) => sim::run(&arguments),
        Command::Operator(arguments) => operator::run(&arguments),
        Command::Bench(command) => bench::run(&command),
        Command::Chart(arguments) => chart::run(&arguments),
        Command::Cluster(command) => cluster::run(command),
        Command::E2e(arguments) => e2e::run(&arguments),
        Command::Chaos(arguments) => e2e::chaos(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Crds(arguments) => crds::run(&arguments),
        Command::Peers => peers::build().map(|tools| println!("{}", tools.display())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Arguments;

    #[test]
    fn command_lines() {
        Arguments::command().debug_assert();
        let understood = |line: &str| {
            let words = std::iter::once("xtask").chain(line.split(' '));
            Arguments::try_parse_from(words).is_ok()
        };
        for (line, good) in [
            ("e2e --smoke --version 1.33", true),
            ("conformance --cache-differential -- --seed 7", true),
            ("conformance --cache-differential --locks", false),
            ("e2e --kubeconfig file --registry localhost:5000", true),
            ("e2e --registry localhost:5000", false),
            ("e2e --version 1.12", false),
            ("cluster check volumes --whole", true),
            ("fuzz --target jute_reply --runs 10000000", true),
            ("fuzz --target other", false),
        ] {
            assert_eq!(understood(line), good, "{line}");
        }
    }
}
