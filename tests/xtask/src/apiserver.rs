//! `cargo xtask apiserver`: the embedded Kubernetes API beside a real one, and kubectl against `synod local`.

use crate::Failure;
use crate::peers::{self, ETCD, KUBERNETES};
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, command, succeed, target, temporary};

/// The embedded API beside a kube-apiserver.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only areas of the script, or kubectl tests, whose name contains one of these
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Further options of the test program (see `-- --help`)
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Builds both servers and compares them, with a closing line.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut tally = Tally::default();
    if !peers::go_is_here() {
        tally.not_run("needs Go 1.26 or newer on the PATH, to build kube-apiserver and etcd");
        return tally.close();
    }
    let mut steps = Steps::new(plan());
    steps.run(build)?;
    let etcd = steps.run(|| ETCD.build())?;
    let kubernetes = steps.run(|| KUBERNETES.build())?;
    let programs = target().join("debug");
    let mut tests = command(programs.join("synod-cluster"));
    tests.env("TMPDIR", temporary()?);
    tests.arg("--programs").arg(&programs);
    tests.arg("--peers").arg(etcd);
    tests.arg("--kubernetes").arg(kubernetes);
    tests.args(&arguments.names).args(&arguments.rest);
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(&mut tests));
    tally.close()
}

fn plan() -> Vec<Step> {
    let step = |name, cold| Step { name, cold };
    vec![
        step("build the programs", "4 min"),
        step("build etcd and its tools", "2 min"),
        step("build kube-apiserver and kubectl", "10 min"),
        step("compare", "1 min"),
    ]
}

/// With the profile of the unit tests, which have most of it built already; nothing here is measured.
fn build() -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["build", "--bins"]);
    for package in ["synod-operator", "synod-agent", "synod-cluster"] {
        command.args(["-p", package]);
    }
    succeed(&mut command)
}
