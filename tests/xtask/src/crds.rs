//! `cargo xtask crds`: the kinds' YAML, generated from the Rust types, and the chart's copies of it.
//!
//! A chart cannot refer to files outside of it, so it holds copies: of the definitions, of the policy that protects
//! objects, and of what the operator may do. They are written and compared here only.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::workspace::{cargo, root, succeed};

/// Write crds/*.yaml from the Rust types, and the chart's copies.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Change nothing; fail if a file is not what the types say
    #[arg(long)]
    check: bool,
}

/// Where the chart keeps its copies of the definitions; nothing else is there.
const DEFINITIONS: &str = "charts/synod/files/crds";

/// Single files that the chart has a copy of.
const COPIED: [(&str, &str); 2] = [
    (
        "crds/policies/deletion-protection.yaml",
        "charts/synod/files/policies/deletion-protection.yaml",
    ),
    (
        "operator/permissions.yaml",
        "charts/synod/files/permissions.yaml",
    ),
];

/// Runs the test that compares the files with the types; unless only checking, it writes what differs. Then the same for
/// the chart's copies.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut compare = cargo();
    compare.args(["test", "--quiet", "-p", "synod-crds", "--test", "manifests"]);
    compare.args(["committed_manifests_do_not_drift"]);
    if arguments.check {
        compare.env_remove("UPDATE_EXPECT");
        succeed(&mut compare)?;
        return check();
    }
    compare.env("UPDATE_EXPECT", "1");
    succeed(&mut compare)?;
    for (source, copy) in copies()? {
        std::fs::copy(&source, &copy)
            .map_err(|error| format!("cannot write {}: {error}", copy.display()))?;
    }
    leftovers()
}

/// Whether the chart's copies are what they are copies of.
///
/// # Errors
/// When one is not, is missing, or is a copy of nothing.
pub(crate) fn check() -> Result<(), Failure> {
    for (source, copy) in copies()? {
        if read(&source)? != read(&copy).unwrap_or_default() {
            return Err(format!(
                "{} is not {}: run `cargo xtask crds` and commit the result",
                copy.display(),
                source.display()
            ));
        }
    }
    leftovers()
}

fn copies() -> Result<Vec<(PathBuf, PathBuf)>, Failure> {
    let root = root();
    let fixed = COPIED.map(|(source, copy)| (root.join(source), root.join(copy)));
    let definitions = yaml_in(&root.join("crds"))?.into_iter().map(|source| {
        let name = source.file_name().unwrap_or_default().to_owned();
        (source, root.join(DEFINITIONS).join(name))
    });
    Ok(fixed.into_iter().chain(definitions).collect())
}

/// A copy of a definition that is no more would still be installed.
fn leftovers() -> Result<(), Failure> {
    let root = root();
    for copy in yaml_in(&root.join(DEFINITIONS))? {
        let name = copy.file_name().unwrap_or_default();
        if !root.join("crds").join(name).is_file() {
            return Err(format!(
                "{} is a copy of nothing: remove it",
                copy.display()
            ));
        }
    }
    Ok(())
}

fn yaml_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error| format!("cannot read {}: {error}", folder.display());
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let paths: Result<Vec<_>, _> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    let mut paths = paths.map_err(cannot)?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{check, copies};

    #[test]
    fn the_charts_copies_do_not_drift() {
        assert!(copies().is_ok_and(|all| all.len() >= 3));
        assert_eq!(check(), Ok(()));
    }
}
