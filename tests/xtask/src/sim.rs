//! `cargo xtask sim`: the simulator, built optimized and with its mutations, arguments passed through.

use crate::Failure;
use crate::workspace::{cargo, succeed};

/// Whole groups over simulated network, disks and clocks.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Arguments of the simulator
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds and runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut sim = cargo();
    sim.args([
        "run",
        "--release",
        "--quiet",
        "-p",
        "synod-sim",
        "--features",
        "mutations",
        "--",
    ]);
    succeed(sim.args(&arguments.rest))
}
