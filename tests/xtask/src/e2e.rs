//! `cargo xtask e2e`: Synod in a real Kubernetes, installed by Helm and harmed.

mod images;

use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::{Bed, Options, Release};

use crate::Failure;
use crate::before;
use crate::cluster;
use crate::peers::{self, HELM};
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{build_release, cargo, clients, command, release, root, succeed, target};

/// Synod in a real Kubernetes: a bed of three nodes is made for it and removed afterwards.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Another cluster, with kubectl on the path: what harms nodes is not run there. Its nodes must have, or can pull, the images
    /// that the run names, or those of --registry
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Build the images with this machine's Docker and push them to this registry, of which the other cluster can pull. They are
    /// for nodes of this machine's architecture
    #[arg(long, value_name = "REGISTRY", requires = "kubeconfig")]
    registry: Option<String>,
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
        registry: None,
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
    if let Err(failure) = play(arguments, &mut tally) {
        tally.check(Err(failure));
    }
    if arguments.kubeconfig.is_none() {
        if tally.has_failures() {
            keep_logs();
        }
        if !arguments.keep {
            tally.check(Bed::down(NAME));
        }
    }
    tally.close()
}

/// Builds, makes the bed, and plays. What fails of the play is in the tally.
///
/// # Errors
/// When it does not come to the play.
fn play(arguments: &Arguments, tally: &mut Tally) -> Result<(), Failure> {
    // Both before what takes long.
    if arguments.registry.is_some() {
        images::can_be_made()?;
    } else if arguments.kubeconfig.is_some() {
        println!("{}", images::wanted());
    }
    let mut steps = Steps::new(arguments.plan());
    // It leaves its programs where those of now are built next.
    let before = if arguments.needs_before() {
        steps.run(before::built)?
    } else {
        None
    };
    steps.run(|| arguments.build())?;
    let helm = steps.run(|| HELM.build())?.join("helm");
    let mut tests = arguments.tests(&helm);
    if let Some(registry) = &arguments.registry {
        tests.args(steps.run(|| images::for_registry(registry, &arguments.programs()))?);
    }
    match &arguments.kubeconfig {
        Some(file) => {
            tests.arg("--kubeconfig").arg(file);
        }
        None => {
            let bed = steps.run(|| bed(arguments.version))?;
            steps.run(|| images::for_bed(&bed, &arguments.programs(), before.as_deref()))?;
            tests.args(["--bed", bed.name()]);
            if let Some(before) = &before {
                tests.args(["--image-before", images::BEFORE]);
                tests.arg("--chart-before").arg(before.join("chart"));
            }
        }
    }
    tests.args(&arguments.names).args(&arguments.rest);
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(&mut tests));
    Ok(())
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

    /// Where the programs are that go into the image. The part that every change must pass takes those that all other tests are
    /// at, which are built by then; everything else those that are shipped.
    fn programs(&self) -> PathBuf {
        if self.smoke {
            release()
        } else {
            target().join("dist")
        }
    }

    /// What goes into the image; the client that counts; the test program.
    fn build(&self) -> Result<(), Failure> {
        peers::build_own(&clients())?;
        if self.smoke {
            return build_release();
        }
        let mut shipped = cargo();
        shipped.args(["build", "--profile", "dist", "--bins"]);
        succeed(shipped.args(["-p", "synod-operator", "-p", "synod-agent"]))?;
        let mut tests = cargo();
        succeed(tests.args(["build", "--release", "--bins", "-p", "synod-e2e"]))
    }

    /// The test program, without a word yet about the cluster that it plays in.
    fn tests(&self, helm: &Path) -> Command {
        let mut tests = command(release().join("synod-e2e"));
        tests.arg("--helm").arg(helm);
        tests.arg("--chart").arg(root().join("charts/synod"));
        tests.arg("--examples").arg(root().join("crds/examples"));
        if self.smoke {
            tests.arg("--smoke");
        }
        let plays_all = !self.smoke && self.names.is_empty() && self.rest.is_empty();
        if plays_all && self.kubeconfig.is_none() && self.version == Release::V1_37 {
            let page = root().join("tests/bench/KUBERNETES.md");
            tests.arg("--page").arg(page);
        }
        tests
    }

    fn plan(&self) -> Vec<Step> {
        let step = |name, cold| Step { name, cold };
        let mut plan = Vec::new();
        if self.needs_before() {
            plan.push(step("build the version before", "12 min"));
        }
        plan.push(step("build the programs", "12 min"));
        plan.push(step("build helm", "4 min"));
        if self.kubeconfig.is_none() {
            plan.push(step("a cluster of three nodes", "20 min"));
            plan.push(step("images", "20 s"));
        }
        if self.registry.is_some() {
            plan.push(step("images, into the registry", "1 min"));
        }
        plan.push(step("play", "35 min"));
        plan
    }
}

/// The bed that an earlier run left, where that is as it is wanted, or a new one.
fn bed(wanted: Release) -> Result<Bed, Failure> {
    if let Ok(bed) = Bed::find(NAME) {
        let Some(why) = unfit(bed.release(), wanted) else {
            println!("going on with the bed {NAME}");
            return Ok(bed);
        };
        println!("the bed {NAME} is removed and made anew: {why}");
        Bed::down(NAME)?;
    }
    cluster::make(&Options {
        name: NAME.to_owned(),
        nodes: 3,
        release: wanted,
    })
}

/// Why a bed cannot be gone on with, given its release, which one that is ready has.
fn unfit(release: Option<Release>, wanted: Release) -> Option<String> {
    match release {
        None => Some("it is half made".to_owned()),
        Some(release) if release != wanted => Some(format!(
            "it is of Kubernetes {release}, and {wanted} is wanted"
        )),
        Some(_) => None,
    }
}

/// Writes what the bed, if there is one, has logged where it is still found when the bed is gone.
fn keep_logs() {
    let Ok(bed) = Bed::find(NAME) else {
        return;
    };
    let folder = target().join("e2e/logs");
    // What an earlier run has left.
    let _ = std::fs::remove_dir_all(&folder);
    let place = folder.display();
    match bed.logs(&folder) {
        Ok(()) => println!("what nodes, pods and API server logged is in {place}"),
        Err(failure) => println!("{place} has only a part of what was logged: {failure}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bed_is_gone_on_with_if_it_is_ready_and_of_the_release() {
        let (new, old) = (Release::V1_37, Release::V1_33);
        for (release, wanted, fits) in [
            (Some(new), new, true),
            (Some(old), old, true),
            (Some(old), new, false),
            (None, new, false),
        ] {
            let why = unfit(release, wanted);
            assert_eq!(why.is_none(), fits, "{release:?} for {wanted}: {why:?}");
        }
    }
}
