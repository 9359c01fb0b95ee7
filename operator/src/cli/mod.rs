//! The command line of `synod`: one subcommand, one file.
//!
//! Every failure is one message that says where and what to do, on standard error, with a non-zero exit code.

/// Prints a line. A reader that went away (`synod get | head -1`) is no failure.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::print(format_args!("{}\n", format_args!($($text)*)))
    };
}

/// Prints text as it is.
macro_rules! show {
    ($($text:tt)*) => {
        $crate::cli::print(format_args!($($text)*))
    };
}

mod apply;
mod connection;
mod crds;
mod delete;
mod endpoints;
mod env;
mod follow;
mod get;
mod kinds;
mod kv;
mod local;
mod locks;
mod operator;
mod rotate;
mod screen;
mod status;
mod version;

use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// A failure as it is told to the user.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self(status.message.clone()),
            other => Self(format!("the API does not answer: {other}")),
        }
    }
}

impl From<crate::local::home::HomeError> for Failure {
    fn from(error: crate::local::home::HomeError) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self(format!("the API's answer is not understood: {error}"))
    }
}

const EXAMPLES: &str = "\
Examples:
  synod local                                 a three-member key-value store on this machine
  synod local -f group.yaml --data ./data     the same from your own file, kept in ./data
  synod apply -f group.yaml                   change it: edit the file, apply again
  synod get cg                                list
  synod status cg/config                      members, leader, what is being done
  synod kv put hello world                    without etcdctl
  eval \"$(synod env cg/config)\"               with it: etcdctl put hello world
  synod local down                            stop; `synod local` goes on where it was";

/// Consensus groups, locks, caches and load balancers for Kubernetes, or on this machine alone.
#[derive(Parser)]
#[command(name = "synod", bin_name = "synod", after_help = EXAMPLES, max_term_width = 100, disable_version_flag = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Local(local::Arguments),
    Apply(apply::Arguments),
    Get(get::Arguments),
    Status(status::Arguments),
    Delete(delete::Arguments),
    Env(env::Arguments),
    Kv(kv::Arguments),
    Locks(locks::Arguments),
    Rotate(rotate::Arguments),
    Operator(operator::Arguments),
    Crds(crds::Arguments),
    Version(version::Arguments),
}

fn print(text: std::fmt::Arguments<'_>) {
    let _ = std::io::stdout().write_fmt(text);
}

/// Runs the command line of this process and says how it ended.
pub fn main() -> ExitCode {
    let command = CommandLine::parse().command;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(Failure(format!("cannot start: {error}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("synod: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Local(arguments) => local::run(arguments).await,
        Command::Apply(arguments) => apply::run(arguments).await,
        Command::Get(arguments) => get::run(arguments).await,
        Command::Status(arguments) => status::run(arguments).await,
        Command::Delete(arguments) => delete::run(arguments).await,
        Command::Env(arguments) => env::run(arguments).await,
        Command::Kv(arguments) => kv::run(arguments).await,
        Command::Locks(arguments) => locks::run(arguments).await,
        Command::Rotate(arguments) => rotate::run(arguments).await,
        Command::Operator(arguments) => operator::run(arguments).await,
        Command::Crds(arguments) => crds::run(&arguments),
        Command::Version(arguments) => {
            version::run(&arguments);
            Ok(())
        }
    }
}
