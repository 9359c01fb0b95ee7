//! The differences that are known, each with its reason and the number of places at which it shows.

use std::path::Path;

use serde::Deserialize;

use crate::Failure;
use crate::compare::{Difference, fits};

/// The bar: more would mean that the embedded API is another API.
pub const KNOWN_MAX: usize = 20;

/// One known difference.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What differs, in a few words.
    pub name: String,
    /// Why it may stay.
    pub reason: String,
    /// Which requests show it: `area/request`, with `*` for anything.
    pub requests: Vec<String>,
    /// At which places of the answer.
    pub paths: Vec<String>,
    /// At how many places altogether: neither more nor fewer.
    pub places: usize,
}

/// Reads the list.
///
/// # Errors
/// When it cannot be read or is longer than the bar.
pub fn read(folder: &Path) -> Result<Vec<Known>, Failure> {
    let path = folder.join("differences.yaml");
    let cannot = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|e| cannot(&e))?;
    let known: Vec<Known> = serde_yaml::from_str(&text).map_err(|e| cannot(&e))?;
    if known.len() > KNOWN_MAX {
        return Err(cannot(&format!(
            "{} differences, at most {KNOWN_MAX} are let pass",
            known.len()
        )));
    }
    Ok(known)
}

impl Known {
    /// Whether it explains `difference` in the answer to `request`.
    #[must_use]
    pub fn explains(&self, request: &str, difference: &Difference) -> bool {
        self.requests.iter().any(|pattern| fits(pattern, request))
            && self
                .paths
                .iter()
                .any(|pattern| fits(pattern, &difference.path))
    }
}
