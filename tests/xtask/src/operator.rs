//! `cargo xtask operator`: the property test of the operator's plans, as many seeds as asked for.

use crate::Failure;
use crate::workspace::{cargo, succeed};

/// Plays the operator's plans against a small world that goes wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many seeds to play
    #[arg(long, default_value_t = 500, value_name = "N")]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    first: u64,
    /// Play this one only, and tell every step
    #[arg(long, conflicts_with_all = ["seeds", "first"], value_name = "SEED")]
    seed: Option<u64>,
    /// Make a mistake on purpose, one of operator/src/mutation.rs
    #[arg(long, value_name = "NAME")]
    mistake: Option<String>,
}

/// Builds it, optimized, and runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut test = cargo();
    test.args(["test", "--release", "--quiet", "-p", "synod-operator"]);
    test.args(["--features", "mutations", "--test", "consensusgroup", "--"]);
    // One after the other: each plays on all cores, and tells what it did.
    test.args(["--nocapture", "--test-threads=1", "--exact"]);
    test.args([
        "properties::faults_stale_reads_and_crashes",
        "properties::an_authority_is_replaced_under_faults",
    ]);
    test.env("SYNOD_SEEDS", arguments.seeds.to_string());
    test.env("SYNOD_FIRST", arguments.first.to_string());
    if let Some(seed) = arguments.seed {
        test.env("SYNOD_SEED", seed.to_string());
    }
    if let Some(mistake) = &arguments.mistake {
        test.env("SYNOD_MISTAKE", mistake);
    }
    succeed(&mut test)
}
