//! The page COVERED.md counts the tests of every client: it must count those that there are.

use std::collections::BTreeMap;

use super::clients::folder;
use crate::Failure;

/// Compares the page with the names of the tests.
///
/// # Errors
/// With the rows that say another number, and the tests that no row counts.
pub fn check(tests: &[String]) -> Result<(), Failure> {
    let path = folder().join("COVERED.md");
    let page = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let (said, there) = (said(&page), counted(tests));
    if said == there {
        return Ok(());
    }
    let wrong = |(name, count): (&String, &usize)| {
        let said = said.get(name).copied().unwrap_or(0);
        (said != *count).then(|| format!("`{name}` has {count} tests, the page says {said}"))
    };
    let mut wrongs: Vec<_> = there.iter().filter_map(wrong).collect();
    let gone = said.keys().filter(|name| !there.contains_key(*name));
    wrongs.extend(gone.map(|name| format!("there is no `{name}`")));
    Err(format!("{}: {}", path.display(), wrongs.join("; ")))
}

/// How many tests there are of each client: what stands before the last part of a name.
fn counted(tests: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for test in tests {
        let name = test.strip_prefix("cache/").unwrap_or(test);
        let client = name.split('/').next().unwrap_or(name);
        *counts.entry(client.to_owned()).or_default() += 1;
    }
    counts
}

/// The rows of the page that name a client in backquotes first and count its tests last.
fn said(page: &str) -> BTreeMap<String, usize> {
    let row = |line: &str| {
        let mut cells = line
            .strip_prefix("| `")?
            .trim_end_matches(" |")
            .split(" | ");
        let name = cells.next()?.trim_end_matches('`').to_owned();
        Some((name, cells.last()?.trim().parse().ok()?))
    };
    page.lines().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::{counted, said};

    #[test]
    fn a_page_and_names_are_counted_alike() {
        let page = "| client | tests |\n|---|---|\n| `rq` | a queue of jobs | 2 |\n| `fred` | 1 |\n| all | 3 |\n";
        let names = ["cache/rq/a", "cache/rq/b/c", "cache/fred/resp3/d"].map(str::to_owned);
        assert_eq!(said(page), counted(&names));
    }
}
