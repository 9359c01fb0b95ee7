//! promtool, which checks alerts: the one on the PATH, else the one of Debian's package, unpacked and not installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use synod_bed::place::cache;

/// Where promtool is, or why there is none here.
pub(crate) fn promtool() -> Result<PathBuf, Failure> {
    let on_path = Command::new("promtool").arg("--version").output();
    if on_path.is_ok_and(|output| output.status.success()) {
        return Ok("promtool".into());
    }
    let folder = cache()?.join("prometheus");
    let program = folder.join("usr/bin/promtool");
    if !program.is_file() {
        unpacked(&folder)?;
    }
    Ok(program)
}

/// Fetches the package and unpacks it into `folder`, all at once.
fn unpacked(folder: &Path) -> Result<(), Failure> {
    let unfinished = folder.with_extension(std::process::id().to_string());
    let files = |error| format!("cannot keep promtool in {}: {error}", folder.display());
    std::fs::create_dir_all(unfinished.join("package")).map_err(files)?;
    let done =
        fetched(&unfinished).and_then(|()| std::fs::rename(&unfinished, folder).map_err(files));
    if done.is_err() {
        let _ = std::fs::remove_dir_all(&unfinished);
    }
    done
}

fn fetched(to: &Path) -> Result<(), Failure> {
    let download = || {
        let mut apt = Command::new("apt-get");
        apt.args(["download", "-qq", "prometheus"]);
        quietly(apt.current_dir(to.join("package")))
    };
    // The list of packages may be missing, or too old.
    if download().is_err() {
        quietly(Command::new("apt-get").args(["update", "-qq"]))?;
        download()?;
    }
    let script = r#"dpkg -x "$1"/package/*.deb "$1" && rm -r "$1"/package"#;
    quietly(Command::new("sh").args(["-c", script, "sh"]).arg(to))
}

fn quietly(command: &mut Command) -> Result<(), Failure> {
    let words = crate::workspace::shown(command);
    let output = command
        .output()
        .map_err(|error| format!("`{words}` cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`{words}` failed: {}", said.trim()))
}
