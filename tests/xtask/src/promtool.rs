//! promtool, which checks alerts: the one on the PATH, else the one of Debian's package, unpacked and not installed.

use std::path::PathBuf;
use std::process::Command;

use synod_bed::{apt, process};

use crate::Failure;

/// Where promtool is, or why there is none here.
pub(crate) fn promtool() -> Result<PathBuf, Failure> {
    if process::succeeds(Command::new("promtool").arg("--version")) {
        return Ok("promtool".into());
    }
    let package = || apt::unpacked("prometheus", &["prometheus"]);
    // The lists of packages may be missing, or too old.
    let root = package().or_else(|_| {
        process::run(Command::new("apt-get").args(["update", "-qq"]))?;
        package()
    })?;
    Ok(root.join("usr/bin/promtool"))
}
