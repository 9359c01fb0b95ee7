//! The page RECIPES.md names a test for every recipe: it must name tests that there are.

use super::clients::folder;
use crate::Failure;

/// Compares the page with the names of the clients' tests.
///
/// # Errors
/// With the recipes whose test is not there.
pub fn check(tests: &[String]) -> Result<(), Failure> {
    let path = folder().join("RECIPES.md");
    let page = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let named = named(&page);
    if named.is_empty() {
        return Err("the page names no test".to_owned());
    }
    let missing: Vec<_> = named
        .into_iter()
        .filter(|name| !tests.iter().any(|test| test == name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}: no such tests: {}",
        path.display(),
        missing.join(", ")
    ))
}

/// The names in the last column of the page's tables: `zookeeper/...` in backquotes.
fn named(page: &str) -> Vec<&str> {
    page.lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| line.split('`'))
        .filter_map(|part| part.strip_prefix("zookeeper/"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn names_are_those_in_tables() {
        let page = "`zookeeper/java/stat` in prose\n\n| Lock | `zookeeper/kazoo/Lock`, `zookeeper/kazoo/Other` |\n|---|---|\n| none | `x` |\n";
        assert_eq!(named(page), ["kazoo/Lock", "kazoo/Other"]);
    }
}
