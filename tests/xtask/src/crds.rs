//! `cargo xtask crds`: the kinds' YAML, generated from the Rust types.

use crate::Failure;
use crate::workspace::{cargo, succeed};

/// Write crds/*.yaml from the Rust types.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if a file is not what the types say
    #[arg(long)]
    check: bool,
}

/// Runs the test that compares the files with the types; unless only checking, it writes what differs.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut compare = cargo();
    compare.args(["test", "--quiet", "-p", "synod-crds", "--test", "manifests"]);
    compare.args(["committed_manifests_do_not_drift"]);
    if arguments.check {
        compare.env_remove("UPDATE_EXPECT");
    } else {
        compare.env("UPDATE_EXPECT", "1");
    }
    succeed(&mut compare)
}
