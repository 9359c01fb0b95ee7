//! `cargo xtask conformance --cache-differential`: the same random commands at redis-server and at the cache.

use crate::Failure;
use crate::steps::{Step, Steps};
use crate::tally::Tally;
use crate::workspace::{cargo, command, release, succeed};

const PROGRAM: &str = "synod-differential";

/// Builds the program and runs it with these options; it says what cannot be run without a redis-server.
pub(crate) fn run(options: &[String]) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let mut steps = Steps::new(vec![
        Step {
            name: "build the cache and the test",
            cold: "2 min",
        },
        Step {
            name: "random commands",
            cold: "1 min",
        },
    ]);
    let built = steps.run(|| succeed(cargo().args(["build", "--release", "-p", PROGRAM])));
    if built.is_err() {
        tally.check(built);
        return tally.close();
    }
    let mut program = command(release().join(PROGRAM));
    // Whatever fails is in the tally and is told at the end.
    let _ = steps.run(|| tally.run(program.args(options)));
    tally.close()
}
