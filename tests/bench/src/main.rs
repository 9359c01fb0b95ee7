//! Side-by-side measurements against the peers: `cargo xtask bench …`.
//!
//! A measurement alternates between the peer and Synod, so that what else happens on the machine hits both, and judges by
//! the servers' CPU time per operation first, since the client shares the cores. It records; it asserts nothing.

mod balancer;
mod cache;
mod comparison;
mod consensus;
mod failover;
mod load;
mod locks;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use synod_conformance::Failure;
use synod_conformance::group::Server;

/// As the agent has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Side-by-side measurements against the peers.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Puts and ranges, with etcd's own benchmark tool
    Consensus(Options),
    /// From a kill -9 of the leader to the next acknowledged write
    Failover(Options),
    /// Writes, reads and locks of ZooKeeper's protocol, with a lean client
    Locks(LockOptions),
    /// Commands of Redis's protocol, with redis-benchmark, and the memory of keys
    Cache(CacheOptions),
    /// Requests through proxies, with wrk, and the memory of connections
    Balancer(BalancerOptions),
    /// A proxy, to be measured by another process
    #[command(hide = true)]
    BalancerServer { file: PathBuf },
    /// A cache, to be measured by another process
    #[command(hide = true)]
    CacheServer { port: u16, threads: usize },
    /// What keys take in a process that has nothing else
    #[command(hide = true)]
    CacheWeight { case: usize, keys: usize },
}

/// What the measurement of proxies takes.
#[derive(Args)]
struct BalancerOptions {
    /// Rounds; each measures all
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// One short round
    #[arg(long)]
    quick: bool,
    /// Write the result into this file too
    #[arg(long)]
    write: Option<PathBuf>,
}

/// What the measurement of the cache takes.
#[derive(Args)]
struct CacheOptions {
    /// Rounds; each measures both sides
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// One short round
    #[arg(long)]
    quick: bool,
    /// Only this part: time, memory, or hits
    #[arg(long)]
    only: Option<String>,
    /// Write the result into this file too
    #[arg(long)]
    write: Option<PathBuf>,
}

/// What the measurement of locks takes.
#[derive(Args)]
struct LockOptions {
    /// Where `synod-agent` is
    #[arg(long)]
    programs: PathBuf,
    /// Rounds; each measures both sides
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// One short round
    #[arg(long)]
    quick: bool,
    /// Only the loads with this in their names
    #[arg(long, default_value = "")]
    only: String,
    /// Synod alone, to be looked at by a profiler: no table
    #[arg(long)]
    alone: bool,
    /// Write the result into this file too
    #[arg(long)]
    write: Option<PathBuf>,
}

impl CacheOptions {
    /// Whether this part is measured.
    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

/// What all measurements take.
#[derive(Args)]
struct Options {
    /// Where `synod-agent` is
    #[arg(long)]
    programs: PathBuf,
    /// Where etcd and its tools are
    #[arg(long)]
    peers: PathBuf,
    /// Where the tests' own client programs are
    #[arg(long)]
    own: Option<PathBuf>,
    /// Rounds; each measures both sides
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// One short round
    #[arg(long)]
    quick: bool,
    /// Write the result into this file too
    #[arg(long)]
    write: Option<PathBuf>,
}

impl Options {
    /// Both sides, the peer first.
    fn servers(&self) -> [Server; 2] {
        [
            Server::Etcd(self.peers.join("etcd")),
            Server::Synod(self.programs.join("synod-agent")),
        ]
    }

    fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds }
    }

    fn publish(&self, report: &str) -> Result<(), Failure> {
        publish(report, self.write.as_deref())
    }
}

/// Prints a report and writes it where it is wanted.
fn publish(report: &str, file: Option<&Path>) -> Result<(), Failure> {
    println!("{report}");
    let Some(file) = file else {
        return Ok(());
    };
    std::fs::write(file, report)
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Consensus(options) => consensus::run(&options),
        Command::Failover(options) => failover::run(&options),
        Command::Locks(options) => locks::run(&options),
        Command::Balancer(options) => balancer::run(&options),
        Command::BalancerServer { file } => balancer::serve(&file),
        Command::Cache(options) => cache::run(&options),
        Command::CacheServer { port, threads } => cache::serve(port, threads),
        Command::CacheWeight { case, keys } => cache::weigh(case, keys),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
