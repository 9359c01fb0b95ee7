//! The test program behind `cargo xtask chart`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use synod_chart::checks::{self, Outcome};
use synod_chart::helm::Helm;
use synod_chart::{Failure, Tools};
use synod_cluster::servers::Programs;

/// The Helm chart, checked without a cluster.
#[derive(Parser)]
struct Arguments {
    /// Only checks whose name contains one of these
    names: Vec<String>,
    /// The chart's folder
    #[arg(long)]
    chart: PathBuf,
    /// The program `helm`
    #[arg(long)]
    helm: PathBuf,
    /// Where `synod` and `synod-agent` are
    #[arg(long)]
    programs: PathBuf,
    /// The program `promtool`; without it alerts are not checked
    #[arg(long)]
    promtool: Option<PathBuf>,
    /// Where kube-apiserver and kubectl are, to install the chart there
    #[arg(long, requires = "peers")]
    kubernetes: Option<PathBuf>,
    /// Where etcd is
    #[arg(long, requires = "kubernetes")]
    peers: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("chart: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<bool, Failure> {
    let helm = Helm::new(arguments.helm, arguments.chart)?;
    let mut tools = Tools::new(helm, arguments.programs);
    tools.promtool = arguments.promtool;
    tools.kubernetes = arguments
        .kubernetes
        .zip(arguments.peers)
        .map(|(kubernetes, peers)| Programs { kubernetes, peers });
    let names = arguments.names;
    let wanted = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part));
    let (mut passed, mut failed) = (0, 0);
    let mut left_out = Vec::new();
    for check in checks::all()?.iter().filter(|check| wanted(&check.name)) {
        match check.run(&tools) {
            Outcome::Passed => passed += 1,
            Outcome::LeftOut(what) => left_out.push(format!("{}: {what}", check.name)),
            Outcome::NotRun(why) => println!("not run: {}: {why}", check.name),
            Outcome::Failed(failure) => {
                failed += 1;
                println!(
                    "{} ... FAILED\n  {}",
                    check.name,
                    failure.replace('\n', "\n  ")
                );
            }
        }
    }
    for what in left_out {
        println!("{what}");
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed == 0)
}
