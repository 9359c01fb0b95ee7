//! The version before this one, to upgrade from: its programs and its chart, built from a commit.
//!
//! They are kept outside the clone, in `${XDG_CACHE_HOME:-~/.cache}/synod/before/COMMIT`.

use std::path::PathBuf;

use synod_bed::{place, process};

use crate::Failure;
use crate::workspace::{cargo, command, staged, succeed, target};

/// The commit. Once there are releases: that of the last one.
const COMMIT: &str = "9a101e5";

/// The folder with `synod`, `synod-agent` and `chart`; none where the clone does not reach back so far.
///
/// # Errors
/// When it does not build.
pub(crate) fn built() -> Result<Option<PathBuf>, Failure> {
    let folder = place::cache()?.join("before").join(COMMIT);
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    if !process::succeeds(command("git").args(["cat-file", "-e", &format!("{COMMIT}^{{commit}}")]))
    {
        return Ok(None);
    }
    let source = target().join("before");
    let _ = std::fs::remove_dir_all(&source);
    let archive = source.with_extension("tar");
    place::make(&source)?;
    let mut pack = command("git");
    succeed(pack.args(["archive", "--output"]).arg(&archive).arg(COMMIT))?;
    succeed(
        command("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(&source),
    )?;
    let mut build = cargo();
    build
        .current_dir(&source)
        .args(["build", "--locked", "--profile", "dist", "--bins"]);
    build.args(["-p", "synod-operator", "-p", "synod-agent"]);
    // What both depend on is built once.
    succeed(build.arg("--target-dir").arg(target()))?;
    let half = folder.with_extension("half");
    let _ = std::fs::remove_dir_all(&half);
    staged(&half, &target().join("dist"), &["synod", "synod-agent"])?;
    succeed(
        command("cp")
            .arg("-r")
            .arg(source.join("charts/synod"))
            .arg(half.join("chart")),
    )?;
    std::fs::rename(&half, &folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let _ = std::fs::remove_dir_all(&source);
    let _ = std::fs::remove_file(&archive);
    Ok(Some(folder))
}
