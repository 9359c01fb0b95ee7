//! The Docker network that kind puts nodes into. kind makes it and leaves it; where the engine is the machine's, the bed
//! that made it removes it.

use crate::engine::Engine;
use crate::process::{output, run, succeeds};
use crate::{Failure, place};

/// Its name.
pub(crate) const NETWORK: &str = "kind";
/// Beside the beds, which share it: that it was made for one of them, and not there before.
const FILE: &str = ".network-made";

/// Remembers whether it is about to be made.
pub(crate) fn keep(engine: &Engine) -> Result<(), Failure> {
    if is_there(engine) {
        return Ok(());
    }
    place::write(&place::beds()?.join(FILE), "")
}

/// Removes it if it was made for a bed, and nothing is in it any more: nodes of other beds, or somebody else's.
pub(crate) fn restore(engine: &Engine) -> Result<(), Failure> {
    let file = place::beds()?.join(FILE);
    if !file.is_file() {
        return Ok(());
    }
    if is_there(engine) {
        // Those that do not run as well: they could not be started without it.
        let mut list = engine.docker();
        list.args(["ps", "--all", "--quiet", "--filter"]);
        if !output(list.arg(format!("network={NETWORK}")))?.is_empty() {
            return Ok(());
        }
        run(engine.docker().args(["network", "rm", NETWORK]))?;
    }
    std::fs::remove_file(&file)
        .map_err(|error| format!("cannot remove {}: {error}", file.display()))
}

fn is_there(engine: &Engine) -> bool {
    succeeds(engine.docker().args(["network", "inspect", NETWORK]))
}
