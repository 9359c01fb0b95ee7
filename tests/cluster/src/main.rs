//! The test program behind `cargo xtask apiserver`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value;
use synod_cluster::audit::{self, Asked, Reader};
use synod_cluster::classes::{self, Recorded};
use synod_cluster::differences::{self, Known};
use synod_cluster::kubectl::{self, Local};
use synod_cluster::play::{Play, Played};
use synod_cluster::servers::{ADMIN, Embedded, Real, User};
use synod_cluster::{Failure, script};

/// The embedded API beside a kube-apiserver.
#[derive(Parser)]
struct Arguments {
    /// Only areas of the script whose name contains one of these, and `kubectl` for its steps; the places of known
    /// differences are not counted then
    names: Vec<String>,
    /// Where kube-apiserver and kubectl are
    #[arg(long)]
    kubernetes: PathBuf,
    /// Where etcd is
    #[arg(long)]
    peers: PathBuf,
    /// Where `synod` and `synod-agent` are
    #[arg(long)]
    programs: PathBuf,
    /// The script's folder [default: that of this crate]
    #[arg(long)]
    script: Option<PathBuf>,
    /// Type the kubectl steps at the kube-apiserver instead, and add the classes of its requests to classes.yaml
    #[arg(long)]
    record: bool,
}

/// Who types kubectl's steps at the real server.
const KUBECTL: User = User {
    name: "kubectl",
    group: "system:masters",
};

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
    if arguments.record {
        return record(arguments, &folder, root).await;
    }
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
    let mut report = Report::new(known);
    if areas.iter().any(|area| wanted(&area.name)) {
        let real = start(arguments, ADMIN).await?;
        let embedded = Embedded::start().await?;
        let mut play = Play::new(&real.kubeconfig, &embedded.kubeconfig, root).await?;
        for area in &areas {
            for played in play.area(area).await? {
                report.add(&played);
            }
        }
        report.tell_known(arguments.names.is_empty());
        if arguments.names.is_empty() {
            let played = Reader::new(&real.audit_log()).news()?;
            report.classes(&classes::read(&folder)?, &played);
        }
    }
    if wanted("kubectl") {
        let local = Local::start(&arguments.programs, &arguments.kubernetes)?;
        for step in kubectl::STEPS {
            report.step(step.name, local.check(step));
        }
    }
    Ok(report.close())
}

/// A real server whose audit log tells what `audited` asks.
async fn start(arguments: &Arguments, audited: User) -> Result<Real, Failure> {
    let etcd = arguments.peers.join("etcd");
    let apiserver = arguments.kubernetes.join("kube-apiserver");
    let policy = audit::policy(&[audited.name], true);
    Real::start_with(&etcd, &apiserver, &[KUBECTL], Some(&policy)).await
}

async fn record(arguments: &Arguments, folder: &Path, root: &Path) -> Result<bool, Failure> {
    let real = start(arguments, KUBECTL).await?;
    let kubeconfig = real.folder().join("kubectl.kubeconfig");
    std::fs::write(&kubeconfig, real.kubeconfig_of(KUBECTL))
        .map_err(|e| format!("cannot write kubectl's kubeconfig: {e}"))?;
    let kubectl = arguments.kubernetes.join("kubectl");
    kubectl::define(&kubectl, real.folder(), &kubeconfig, &root.join("crds"))?;
    let mut log = Reader::new(&real.audit_log());
    log.news()?;
    kubectl::type_all(&kubectl, real.folder(), &kubeconfig)?;
    let added = classes::record(folder, "kubectl", &log.news()?)?;
    println!("{added} classes of requests were new");
    Ok(true)
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

    /// Prints the known differences and how many requests were compared; `whole` says whether all were.
    fn tell_known(&mut self, whole: bool) {
        let compared = self.passed + self.failed;
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
            "{compared} requests compared, {} known differences",
            self.known.len()
        );
    }

    /// What the operator and kubectl send must be played.
    fn classes(&mut self, recorded: &Recorded, played: &[Asked]) {
        let missing = classes::missing(recorded, played);
        for (who, class) in &missing {
            self.failed += 1;
            println!("{who} sends what the script does not play: {class}");
        }
        let all: usize = recorded.values().map(BTreeSet::len).sum();
        self.passed += all - missing.len();
        println!(
            "{all} recorded classes of requests, {} not played",
            missing.len()
        );
    }

    fn step(&mut self, name: &str, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(failure) => {
                self.failed += 1;
                println!("kubectl/{name} ... FAILED\n  {failure}");
            }
        }
    }

    /// Prints the closing line; says whether all is as it should be.
    fn close(&self) -> bool {
        println!("{} passed, {} failed", self.passed, self.failed);
        self.failed == 0
    }
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "(nothing)".to_owned(), ToString::to_string)
}
