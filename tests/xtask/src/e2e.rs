//! `cargo xtask e2e`: Synod in a real Kubernetes, installed by Helm and harmed.

use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::{Bed, Options, Release, process};

use crate::Failure;
use crate::before;
use crate::cluster;
use crate::peers::{self, ETCD, HELM};
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, clients, command, release, root, succeed, target};

/// Images, made in the bed's engine.
const BASE: &str = "synod.dev/e2e-base:0.1.0";
const SYNOD: &str = "synod.dev/synod:0.1.0";
const AGAIN: &str = "synod.dev/synod:0.1.0-again";
const BEFORE: &str = "synod.dev/synod:before";
const CLIENT: &str = "synod.dev/e2e-client:0.1.0";

/// Synod in a real Kubernetes: a bed of three nodes is made for it and removed afterwards.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Another cluster, with kubectl on the path: what harms nodes is not run there. Its nodes must have, or can pull, the images
    /// that `-- --help` names
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Only the part that every change must pass
    #[arg(long)]
    smoke: bool,
    /// Leave the bed as it is at the end; the next run goes on with it
    #[arg(long)]
    keep: bool,
    /// Which Kubernetes: 1.37 or 1.33
    #[arg(long, default_value = "1.37")]
    version: Release,
    /// Only scenarios whose name contains one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Further options of the test program (see `-- --help`)
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Harm without a plan in a real Kubernetes.
#[derive(clap::Args)]
pub(crate) struct Chaos {
    /// How long
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// The seed of the first round; the next ones count on
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Leave the bed as it is at the end; the next run goes on with it
    #[arg(long)]
    keep: bool,
    /// Which Kubernetes: 1.37 or 1.33
    #[arg(long, default_value = "1.37")]
    version: Release,
}

/// The same with rounds of harm in place of the scenarios.
pub(crate) fn chaos(chaos: &Chaos) -> Result<(), Failure> {
    let (minutes, seed) = (chaos.minutes.to_string(), chaos.seed.to_string());
    run(&Arguments {
        kubeconfig: None,
        smoke: false,
        keep: chaos.keep,
        version: chaos.version,
        names: Vec::new(),
        rest: ["--chaos", &minutes, "--seed", &seed]
            .map(str::to_owned)
            .into(),
    })
}

/// Builds, makes the bed, plays, and takes the bed away, with a closing line.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut tally = Tally::default();
    if !peers::go_is_here() {
        tally.not_run("needs Go 1.26 or newer on the PATH, to build helm and the cluster");
        return tally.close();
    }
    let (makes_a_bed, upgrades) = (arguments.kubeconfig.is_none(), arguments.needs_before());
    let mut steps = Steps::new(plan(makes_a_bed, upgrades));
    // It leaves its programs where those of now are built next.
    let before = if upgrades {
        steps.run(before::built)?
    } else {
        None
    };
    steps.run(build)?;
    let helm = steps.run(|| HELM.build())?.join("helm");
    let mut tests = command(release().join("synod-e2e"));
    tests.arg("--helm").arg(helm);
    tests.arg("--chart").arg(root().join("charts/synod"));
    tests.arg("--examples").arg(root().join("crds/examples"));
    if arguments.smoke {
        tests.arg("--smoke");
    }
    match &arguments.kubeconfig {
        Some(file) => {
            tests.arg("--kubeconfig").arg(file);
        }
        None => {
            let bed = steps.run(|| bed(arguments))?;
            steps.run(|| images(&bed, before.as_deref()))?;
            tests.args(["--bed", bed.name()]);
            if let Some(before) = &before {
                tests.args(["--image-before", BEFORE]);
                tests.arg("--chart-before").arg(before.join("chart"));
            }
        }
    }
    let plays_all = !arguments.smoke && arguments.names.is_empty() && arguments.rest.is_empty();
    if plays_all && arguments.kubeconfig.is_none() && arguments.version == Release::V1_37 {
        tests
            .arg("--page")
            .arg(root().join("tests/bench/KUBERNETES.md"));
    }
    tests.args(&arguments.names).args(&arguments.rest);
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(&mut tests));
    if arguments.kubeconfig.is_none() && !arguments.keep {
        tally.check(Bed::down(NAME));
    }
    tally.close()
}

/// The bed's name.
const NAME: &str = "e2e";

impl Arguments {
    /// Whether something is played that upgrades from the version before.
    fn needs_before(&self) -> bool {
        let named = |scenario: &str| {
            self.names
                .iter()
                .any(|name| scenario.contains(name.as_str()))
        };
        let meant = self.names.is_empty() || named("upgrade") || named("versions");
        self.kubeconfig.is_none() && !self.smoke && self.rest.is_empty() && meant
    }
}

fn plan(makes_a_bed: bool, upgrades: bool) -> Vec<Step> {
    let step = |name, cold| Step { name, cold };
    let mut plan = Vec::new();
    if upgrades {
        plan.push(step("build the version before", "12 min"));
    }
    plan.push(step("build the programs as they are shipped", "12 min"));
    plan.push(step("build helm", "4 min"));
    if makes_a_bed {
        plan.push(step("a cluster of three nodes", "20 min"));
        plan.push(step("images", "20 s"));
    }
    plan.push(step("play", "35 min"));
    plan
}

/// What goes into the image, with the profile of images; the client that counts; the test program.
fn build() -> Result<(), Failure> {
    let mut shipped = cargo();
    shipped.args(["build", "--profile", "dist", "--bins"]);
    succeed(shipped.args(["-p", "synod-operator", "-p", "synod-agent"]))?;
    peers::build_own(&clients())?;
    let mut tests = cargo();
    succeed(tests.args(["build", "--release", "--bins", "-p", "synod-e2e"]))
}

/// The bed that an earlier run left, or a new one.
fn bed(arguments: &Arguments) -> Result<Bed, Failure> {
    if let Ok(bed) = Bed::find(NAME) {
        println!("going on with the bed {NAME}");
        return Ok(bed);
    }
    cluster::make(&Options {
        name: NAME.to_owned(),
        nodes: 3,
        release: arguments.version,
    })
}

/// Builds the images in the bed's engine and gives them to all nodes.
fn images(bed: &Bed, before: Option<&Path>) -> Result<(), Failure> {
    let folder = target().join("e2e");
    let sources = root().join("tests/e2e/images");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let node = bed
        .nodes()?
        .into_iter()
        .next()
        .ok_or("the bed has no node")?;
    let node =
        process::output(
            bed.docker("inspect")
                .args(["--format", "{{.Config.Image}}", &node]),
        )?;
    let built = |file: PathBuf, context: &Path, tag: &str, arguments: &[(&str, &str)]| {
        let mut build = bed.docker("build");
        build.args(["--quiet", "--tag", tag, "--file"]).arg(file);
        for (name, value) in arguments {
            build.args(["--build-arg", &format!("{name}={value}")]);
        }
        process::run(build.arg(context))
    };
    built(
        sources.join("base.Dockerfile"),
        &sources,
        BASE,
        &[("NODE", &node)],
    )?;
    let synod = |from: &Path, tag: &str| {
        let programs = staged(&folder.join("synod"), from, &["synod", "synod-agent"])?;
        let mut build = bed.docker("build");
        build.args(["--quiet", "--target", "prebuilt", "--tag", tag]);
        build.args(["--build-arg", &format!("BASE={BASE}")]);
        build.args(["--build-arg", "PREBUILT=."]);
        build
            .arg("--file")
            .arg(root().join("charts/image/Dockerfile"));
        process::run(build.arg(programs))
    };
    synod(&target().join("dist"), SYNOD)?;
    let mut all = vec![SYNOD, AGAIN, CLIENT];
    if let Some(before) = before {
        synod(before, BEFORE)?;
        all.push(BEFORE);
    }
    let etcd = ETCD.build()?;
    let context = folder.join("client");
    staged(&context, &etcd, &["etcdctl"])?;
    staged(&context, &clients(), &["workload"])?;
    built(
        sources.join("client.Dockerfile"),
        &context,
        CLIENT,
        &[("BASE", BASE)],
    )?;
    process::run(bed.docker("tag").args([SYNOD, AGAIN]))?;
    all.iter()
        .try_for_each(|image| bed.load_image_of_engine(image))
}

/// Copies programs into a folder, without what only debuggers read.
fn staged(folder: &Path, from: &Path, programs: &[&str]) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for program in programs {
        let to = folder.join(program);
        std::fs::copy(from.join(program), &to)
            .map_err(|error| format!("cannot copy {program}: {error}"))?;
        succeed(Command::new("strip").arg("--strip-debug").arg(&to))?;
    }
    Ok(folder.to_owned())
}
