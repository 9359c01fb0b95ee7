//! The test program behind `cargo xtask apiserver`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use synod_cluster::differences::{self, Known};
use synod_cluster::play::{Play, Played};
use synod_cluster::servers::{Embedded, Real};
use synod_cluster::{Failure, script};

/// The embedded API beside a kube-apiserver.
#[derive(Parser)]
struct Arguments {
    /// Only areas whose name contains one of these; the counts of known differences are not checked then
    names: Vec<String>,
    /// Where kube-apiserver is
    #[arg(long)]
    kubernetes: PathBuf,
    /// Where etcd is
    #[arg(long)]
    peers: PathBuf,
    /// The script's folder [default: that of this crate]
    #[arg(long)]
    script: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("cluster: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).unwrap_or(here);
    let folder = arguments
        .script
        .clone()
        .unwrap_or_else(|| here.join("script"));
    let known = differences::read(&folder)?;
    let wanted = |name: &str| {
        arguments.names.is_empty()
            || arguments
                .names
                .iter()
                .any(|part| name.contains(part.as_str()))
    };
    let areas: Vec<_> = script::read(&folder)?
        .into_iter()
        .filter(|area| area.name == "definitions" || wanted(&area.name))
        .collect();
    let real = Real::start(
        &arguments.peers.join("etcd"),
        &arguments.kubernetes.join("kube-apiserver"),
    )
    .await?;
    let embedded = Embedded::start().await?;
    let mut play = Play::new(&real.kubeconfig, &embedded.kubeconfig, root).await?;
    let mut report = Report::new(known);
    for area in &areas {
        for played in play.area(area).await? {
            report.add(&played);
        }
    }
    Ok(report.close(arguments.names.is_empty()))
}

/// What passed and what did not.
struct Report {
    known: Vec<Known>,
    places: Vec<usize>,
    passed: usize,
    failed: usize,
}

impl Report {
    fn new(known: Vec<Known>) -> Self {
        Self {
            places: vec![0; known.len()],
            known,
            passed: 0,
            failed: 0,
        }
    }

    fn add(&mut self, played: &Played) {
        let mut news = Vec::new();
        for difference in &played.differences {
            match self
                .known
                .iter()
                .position(|known| known.explains(&played.name, difference))
            {
                Some(index) => self.places[index] += 1,
                None => news.push(difference),
            }
        }
        if news.is_empty() {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        println!("{} ... FAILED", played.name);
        for difference in news {
            println!("  {}", difference.path);
            println!("    kube-apiserver: {}", shown(difference.real.as_ref()));
            println!(
                "    embedded:       {}",
                shown(difference.embedded.as_ref())
            );
        }
    }

    /// Prints the known differences and the closing line; says whether all is as it should be.
    fn close(mut self, whole: bool) -> bool {
        for (known, found) in self.known.iter().zip(&self.places) {
            let good = !whole || *found == known.places;
            let verdict = if good { "known" } else { "FAILED" };
            println!(
                "{verdict}: {}: at {found} places, {} are listed",
                known.name, known.places
            );
            if good {
                self.passed += 1;
            } else {
                self.failed += 1;
            }
        }
        println!(
            "{} requests compared, {} known differences",
            self.passed + self.failed - self.known.len(),
            self.known.len()
        );
        println!("{} passed, {} failed", self.passed, self.failed);
        self.failed == 0
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(nothing)".to_owned(), ToString::to_string)
}
