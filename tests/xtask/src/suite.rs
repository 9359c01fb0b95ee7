//! `cargo xtask test`: everything that must hold before a change goes in.

use std::process::Command;

use crate::Failure;
use crate::conformance;
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, succeed};

/// Check everything.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only what needs no running processes: format, lints, docs, unit tests
    #[arg(long)]
    quick: bool,
}

/// Runs all parts, also after one failed, and closes with `N passed, N failed`.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut plan = vec![
        Step {
            name: "format",
            cold: "5 s",
        },
        Step {
            name: "lints",
            cold: "3 min",
        },
        Step {
            name: "docs",
            cold: "1 min",
        },
        Step {
            name: "unit tests",
            cold: "6 min",
        },
    ];
    if !arguments.quick {
        plan.extend(conformance::plan());
    }
    let mut steps = Steps::new(plan);
    let mut tally = Tally::default();
    tally.check(steps.run(|| succeed(cargo().args(["fmt", "--all", "--check"]))));
    tally.check(steps.run(lints));
    tally.check(steps.run(docs));
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(&mut unit_tests()));
    if !arguments.quick {
        conformance::all(&mut steps, &mut tally);
    }
    tally.close()
}

/// With the deliberate mistakes compiled in, all switched off: the tests that switch one on and must notice it run too, and
/// the others run on the same build.
fn unit_tests() -> Command {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--no-fail-fast", "--features"]);
    tests.arg(
        [
            "synod-balance/mutations",
            "synod-operator/mutations",
            "synod-proxy/mutations",
            "synod-sim/mutations",
            "synod-znode/mutations",
        ]
        .join(","),
    );
    tests
}

fn lints() -> Result<(), Failure> {
    succeed(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--",
        "-D",
        "warnings",
    ]))
}

fn docs() -> Result<(), Failure> {
    succeed(
        cargo()
            .args(["doc", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}
