//! Where things are, and how other programs are started and copied.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use synod_bed::place;
pub(crate) use synod_bed::process::shown;

use crate::Failure;

/// The folder of the root `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds with the release profile.
pub(crate) fn release() -> PathBuf {
    target().join("release")
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Where the tests' own client programs are put.
pub(crate) fn clients() -> PathBuf {
    target().join("clients")
}

/// A folder for the data of members under test: on the disk of the clone, not in memory as `/tmp` may be.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn temporary() -> Result<PathBuf, Failure> {
    let folder = target().join("tmp");
    place::make(&folder)?;
    Ok(folder)
}

/// A command that runs in the workspace's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that started this program.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Everything that runs, built with the release profile. One set of packages for all commands, so that cargo resolves
/// the same features each time and builds nothing twice.
pub(crate) fn build_release() -> Result<(), Failure> {
    let packages = [
        "synod-operator",
        "synod-agent",
        "synod-conformance",
        "synod-bench",
        "synod-e2e",
    ];
    let mut command = cargo();
    command.args(["build", "--release", "--bins"]);
    for package in packages {
        command.args(["-p", package]);
    }
    succeed(&mut command)
}

/// Runs to the end with this terminal.
///
/// # Errors
/// When the program cannot be started or does not succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Failure> {
    let words = shown(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{words}` failed ({status})")),
        Err(error) => Err(format!("`{words}` cannot be started: {error}")),
    }
}

/// Copies programs into a folder, without what only debuggers read.
///
/// # Errors
/// When one is not there, or cannot be written.
pub(crate) fn staged(folder: &Path, from: &Path, programs: &[&str]) -> Result<(), Failure> {
    place::make(folder)?;
    for program in programs {
        let to = folder.join(program);
        std::fs::copy(from.join(program), &to)
            .map_err(|error| format!("cannot copy {program}: {error}"))?;
        succeed(Command::new("strip").arg("--strip-debug").arg(&to))?;
    }
    Ok(())
}
