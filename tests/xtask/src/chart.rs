//! `cargo xtask chart`: the Helm chart, rendered by a real helm and held against the programs it runs.

use crate::Failure;
use crate::crds;
use crate::peers::{self, ETCD, HELM, KUBERNETES};
use crate::promtool::promtool;
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, command, root, succeed, target, temporary};

/// The Helm chart, checked without a cluster.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also install, upgrade, roll back and uninstall it at a real kube-apiserver, and run the operator with its rights
    /// there (builds kube-apiserver, kubectl and etcd)
    #[arg(long)]
    api: bool,
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
    let mut steps = Steps::new(plan(arguments.api));
    steps.run(build)?;
    let helm = steps.run(|| HELM.build())?;
    let promtool = steps.run(promtool);
    let servers = if arguments.api {
        let etcd = steps.run(|| ETCD.build())?;
        Some((etcd, steps.run(|| KUBERNETES.build())?))
    } else {
        None
    };
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
    if let Some((etcd, kubernetes)) = servers {
        tests.arg("--kubernetes").arg(kubernetes);
        tests.arg("--peers").arg(etcd);
    }
    tests.args(&arguments.names).args(&arguments.rest);
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(&mut tests));
    tally.close()
}

fn plan(api: bool) -> Vec<Step> {
    let step = |name, cold| Step { name, cold };
    let mut plan = vec![
        step("build the programs", "4 min"),
        step("build helm", "4 min"),
        step("find promtool", "20 s"),
    ];
    if api {
        plan.push(step("build etcd and its tools", "2 min"));
        plan.push(step("build kube-apiserver and kubectl", "10 min"));
    }
    plan.push(step("check the chart", "1 min"));
    plan
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
