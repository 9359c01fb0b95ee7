//! `cargo xtask chart`: the Helm chart, rendered by a real helm and held against the programs it runs.

use crate::Failure;
use crate::crds;
use crate::peers::{self, HELM};
use crate::promtool::promtool;
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, command, root, succeed, target, temporary};

/// The Helm chart, checked without a cluster.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only checks whose name contains one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Further options of the test program (see `-- --help`)
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds what is needed and checks the chart, with a closing line.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut tally = Tally::default();
    if !peers::go_is_here() {
        tally.not_run("the chart: needs Go 1.26 or newer on the PATH, to build helm");
        return tally.close();
    }
    let mut steps = Steps::new(plan());
    steps.run(build)?;
    let helm = steps.run(|| HELM.build())?;
    let promtool = steps.run(promtool);
    if arguments.names.is_empty() {
        tally.check(crds::check());
    }
    let mut tests = command(target().join("debug/synod-chart"));
    tests.env("TMPDIR", temporary()?);
    tests.arg("--chart").arg(root().join("charts/synod"));
    tests.arg("--helm").arg(helm.join("helm"));
    tests.arg("--programs").arg(target().join("debug"));
    // Without it the program says which of its checks it does not run.
    match promtool {
        Ok(promtool) => {
            tests.arg("--promtool").arg(promtool);
        }
        Err(why) => eprintln!("no promtool: {why}"),
    }
    tests.args(&arguments.names).args(&arguments.rest);
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(&mut tests));
    tally.close()
}

fn plan() -> Vec<Step> {
    let step = |name, cold| Step { name, cold };
    vec![
        step("build the programs", "4 min"),
        step("build helm", "4 min"),
        step("find promtool", "20 s"),
        step("check the chart", "30 s"),
    ]
}

/// With the profile of the unit tests, which have most of it built already.
fn build() -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["build", "--bins"]);
    for package in ["synod-operator", "synod-agent", "synod-chart"] {
        command.args(["-p", package]);
    }
    succeed(&mut command)
}
