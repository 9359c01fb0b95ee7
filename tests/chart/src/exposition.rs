//! What `/metrics` says, as far as names and labels go.

use std::collections::{BTreeMap, BTreeSet};

/// Names of series, with the labels that they were seen with.
pub type Series = BTreeMap<String, BTreeSet<String>>;

/// The series of a text in Prometheus' or OpenMetrics' format.
#[must_use]
pub fn series(text: &str) -> Series {
    let mut all = Series::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let end = line.find(['{', ' ']).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if name.is_empty() {
            continue;
        }
        let labels = all.entry(name.to_owned()).or_default();
        if let Some(inner) = rest.strip_prefix('{') {
            labels.extend(label_names(inner));
        }
    }
    all
}

/// The names in `a="x",b="y"} 1`; values may hold anything, a quote behind a backslash too.
fn label_names(text: &str) -> Vec<String> {
    let (mut names, mut name) = (Vec::new(), String::new());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '}' => break,
            ',' => {}
            '=' => names.push(std::mem::take(&mut name)),
            '"' => skip_value(&mut characters),
            other => name.push(other),
        }
    }
    names
}

fn skip_value(characters: &mut std::str::Chars<'_>) {
    while let Some(character) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            '"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels() {
        let text =
            "# HELP a b\na_total{x=\"},\\\"y=\\\"\",z=\"1\"} 3\na_total{w=\"\"} 1\nb 2\n\n# EOF\n";
        let found = series(text);
        let labels: Vec<_> = found["a_total"].iter().map(String::as_str).collect();
        assert_eq!(labels, ["w", "x", "z"]);
        assert_eq!(found.len(), 2);
        assert!(found["b"].is_empty());
    }
}
