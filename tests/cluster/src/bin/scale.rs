//! The program behind `cargo xtask bench operator`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use synod_cluster::Failure;
use synod_cluster::scale::{self, Plan};
use synod_conformance::machine;

/// The operator at many objects.
#[derive(Parser)]
struct Arguments {
    /// Objects, four of five with three members and the fifth with one [default: 500, 30 if quick]
    #[arg(long)]
    objects: Option<usize>,
    /// How long the operator is watched when all is as it should be, seconds [default: 600, 60 if quick]
    #[arg(long)]
    quiet: Option<u64>,
    /// How long it is watched after it was killed and started again, seconds
    #[arg(long, default_value_t = 60)]
    restarted: u64,
    /// A smoke: few objects, a minute, nothing written
    #[arg(long)]
    quick: bool,
    /// Objects are scaled, rolled, hibernated and deleted, too, and the classes of all requests are added to
    /// script/classes.yaml
    #[arg(long)]
    record: bool,
    /// Where `synod` is
    #[arg(long)]
    programs: PathBuf,
    /// Where etcd is
    #[arg(long)]
    peers: PathBuf,
    /// Where kube-apiserver is
    #[arg(long)]
    kubernetes: PathBuf,
    /// Write the result into this file too
    #[arg(long)]
    write: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("scale: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let or = |asked: Option<u64>, quick, whole| {
        let standard = if arguments.quick { quick } else { whole };
        asked.unwrap_or(standard)
    };
    let plan = Plan {
        objects: arguments
            .objects
            .unwrap_or(if arguments.quick { 30 } else { 500 }),
        quiet: Duration::from_secs(or(arguments.quiet, 60, 600)),
        restarted: Duration::from_secs(arguments.restarted),
        synod: arguments.programs.join("synod"),
        etcd: arguments.peers.join("etcd"),
        apiserver: arguments.kubernetes.join("kube-apiserver"),
        record: arguments
            .record
            .then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("script")),
    };
    let report = scale::run(&plan).await?;
    let page = format!(
        "# The operator at many objects\n\n`cargo xtask bench operator` on {}.\n\nA real kube-apiserver and etcd, RBAC as in \
         `operator/permissions.yaml`, calls counted in the audit log. Nodes and agents are played by one process, agents over \
         mutual TLS. One replica of the operator, defaults.\n\n{}",
        machine::description(),
        report.page()
    );
    println!("{page}");
    if let Some(file) = &arguments.write {
        std::fs::write(file, &page).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
    }
    let failures = report.failures();
    for failure in &failures {
        println!("FAILED: {failure}");
    }
    Ok(failures.is_empty())
}
