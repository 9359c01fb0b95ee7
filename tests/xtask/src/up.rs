//! `cargo xtask up`: from a clone to a running ConsensusGroup.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use crate::Failure;
use crate::steps::{Step, Steps};
use crate::workspace::{build_release, command, release, root, target};

/// Build everything and run the quickstart.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The resources to run
    #[arg(short, long, default_value = "crds/examples/quickstart.yaml")]
    file: PathBuf,
    /// Where everything is kept; the same folder resumes [default: target/up]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Leave it running and return; `synod local down --data DIR` ends it
    #[arg(long)]
    detach: bool,
}

/// Builds, then becomes `synod local`, which prints the time to Ready, the endpoints and lines to copy.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut steps = Steps::new(vec![
        Step {
            name: "build synod and synod-agent",
            cold: "7 min on two cores",
        },
        Step {
            name: "run the quickstart",
            cold: "5 s to Ready",
        },
    ]);
    steps.run(build_release)?;
    let data = arguments
        .data
        .clone()
        .unwrap_or_else(|| target().join("up"));
    let mut local = command(release().join("synod"));
    local
        .arg("local")
        .arg("-f")
        .arg(root().join(&arguments.file))
        .arg("--data")
        .arg(data);
    if arguments.detach {
        local.arg("--detach");
    }
    // Becomes the program, so that it alone has the terminal and its signals.
    steps.run(|| Err(format!("cannot start synod: {}", local.exec())))
}
