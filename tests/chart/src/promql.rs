//! Which metrics and labels a PromQL expression names. No parser: promtool says whether an expression is one.

use std::collections::BTreeSet;

use regex_lite::Regex;

use crate::exposition::Series;

/// What an expression names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Metrics, with the labels that are asked for in braces.
    pub metrics: Series,
    /// Labels after `by`, `on` and the like.
    pub grouping: BTreeSet<String>,
}

/// Words that are no metrics.
const WORDS: [&str; 9] = [
    "and", "or", "unless", "bool", "by", "on", "without", "ignoring", "offset",
];

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a regular expression that stands in the source")
}

/// The metrics and labels in an expression.
#[must_use]
pub fn named(expression: &str) -> Named {
    let mut named = Named::default();
    // Without what is in quotes and in brackets, which holds neither.
    let text = regex(r#""(\\.|[^"\\])*""#).replace_all(expression, "\"\"");
    let text = regex(r"\[[^\]]*\]").replace_all(&text, "");
    let grouping = regex(r"\b(by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)");
    for found in grouping.captures_iter(&text) {
        let labels = found[2].split(',').map(|label| label.trim().to_owned());
        named
            .grouping
            .extend(labels.filter(|label| !label.is_empty()));
    }
    let text = grouping.replace_all(&text, " ");
    let word = regex(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\(|\{([^}]*)\})?");
    for found in word.captures_iter(&text) {
        let is_call = found.get(2).is_some_and(|after| after.as_str() == "(");
        if is_call || WORDS.contains(&&found[1]) {
            continue;
        }
        let labels = named.metrics.entry(found[1].to_owned()).or_default();
        let inner = found.get(3).map_or("", |inner| inner.as_str());
        let matchers = inner
            .split(',')
            .filter_map(|one| one.split(['=', '!']).next());
        labels.extend(
            matchers
                .map(|label| label.trim().to_owned())
                .filter(|label| !label.is_empty()),
        );
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_labels_and_groupings() {
        let text = r#"histogram_quantile(0.99, sum by (le, group) (rate(a_bucket{x="b{},c", y!~"d"}[5m]))) > 1
            unless on (name) c == 1 or absent(d)"#;
        let found = named(text);
        let metrics: Vec<_> = found.metrics.keys().map(String::as_str).collect();
        assert_eq!(metrics, ["a_bucket", "c", "d"]);
        let labels: Vec<_> = found.metrics["a_bucket"]
            .iter()
            .map(String::as_str)
            .collect();
        assert_eq!(labels, ["x", "y"]);
        let grouping: Vec<_> = found.grouping.iter().map(String::as_str).collect();
        assert_eq!(grouping, ["group", "le", "name"]);
    }
}
