//! The files that the chart is held against.

use std::path::{Path, PathBuf};

use crate::Failure;

/// The folder of the root `Cargo.toml`.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A file of the repository, by its path from the root.
///
/// # Errors
/// When it cannot be read.
pub fn file(path: &str) -> Result<String, Failure> {
    let path = root().join(path);
    std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))
}
