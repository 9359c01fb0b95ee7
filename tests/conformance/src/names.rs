//! Telling outputs of two runs apart from their accidents: ids, addresses and measured values become names, numbered in
//! the order in which they are first seen. A name in a later command becomes the value again.

use regex_lite::Regex;

use crate::Failure;

/// What is hidden in every output: how to find it, and the name it gets. The first group of each is replaced.
const ALWAYS: [(&str, &str); 9] = [
    // Which member answered, and in which ballot.
    (r#""(?:member_id|MemberID)" ?: ?([0-9]+)"#, "member"),
    (r#""RaftTerm" : ([0-9]+)"#, "term"),
    // 64-bit ids are printed as decimal in JSON, as hexadecimal elsewhere.
    (r"\b([0-9]{17,20})\b", "id"),
    (r"\b([0-9a-f]{13,16})\b", "id"),
    (r#""(?:raft_term|raftTerm)":([0-9]+)"#, "term"),
    (
        r#""(?:raft_index|raftIndex|raftAppliedIndex)":([0-9]+)"#,
        "index",
    ),
    (r#""(?:dbSize|dbSizeInUse|dbSizeQuota)":([0-9]+)"#, "bytes"),
    (r#""version":"([0-9.]+)""#, "version"),
    (r#""storageVersion":"([0-9.]+)""#, "storage"),
];

/// Names that stand for whatever was there; two values under one of them need not be equal.
const UNNUMBERED: [&str; 8] = [
    "member", "term", "index", "bytes", "version", "storage", "took", "any",
];

/// The names given so far, in one transcript.
pub struct Names {
    patterns: Vec<(Regex, String)>,
    given: Vec<(String, String)>,
}

impl Names {
    /// With the patterns that hold always and those of the transcript.
    ///
    /// # Errors
    /// When a pattern is none.
    pub fn new(own: &[(String, String)]) -> Result<Self, Failure> {
        let always = ALWAYS
            .iter()
            .map(|(pattern, name)| ((*pattern).to_owned(), (*name).to_owned()));
        let patterns = own.iter().cloned().chain(always).map(|(pattern, name)| {
            let regex =
                Regex::new(&pattern).map_err(|error| format!("hide `{pattern}`: {error}"))?;
            Ok((regex, name))
        });
        Ok(Self {
            patterns: patterns.collect::<Result<_, Failure>>()?,
            given: Vec::new(),
        })
    }

    /// Gives `value` the name `<name>` from now on.
    pub fn give(&mut self, value: &str, name: &str) {
        self.given.push((value.to_owned(), format!("<{name}>")));
    }

    /// Replaces values by their names.
    pub fn hide(&mut self, output: &str) -> String {
        let mut text = output.to_owned();
        for (value, name) in &self.given {
            if value.contains(':') {
                text = text.replace(value.as_str(), name);
            }
        }
        for index in 0..self.patterns.len() {
            text = self.hide_pattern(index, &text);
        }
        // etcdctl pads ids to 16 digits with blanks.
        for name in ["<id", "<an id"] {
            while text.contains(&format!("  {name}")) {
                text = text.replace(&format!("  {name}"), &format!(" {name}"));
            }
        }
        text
    }

    /// Replaces names by their values, as printed first.
    #[must_use]
    pub fn reveal(&self, command: &str) -> String {
        self.given
            .iter()
            .fold(command.to_owned(), |text, (value, name)| {
                text.replace(name.as_str(), value)
            })
    }

    fn hide_pattern(&mut self, index: usize, text: &str) -> String {
        let (regex, kind) = self.patterns[index].clone();
        let mut hidden = String::new();
        let mut rest = 0;
        for found in regex.captures_iter(text) {
            let Some(value) = found.get(1) else { continue };
            hidden.push_str(&text[rest..value.start()]);
            hidden.push_str(&self.name_of(value.as_str(), &kind));
            rest = value.end();
        }
        hidden.push_str(&text[rest..]);
        hidden
    }

    fn name_of(&mut self, value: &str, kind: &str) -> String {
        if UNNUMBERED.contains(&kind) {
            return format!("<{kind}>");
        }
        let same = |given: &str| {
            given == value
                || kind == "id" && id(given).is_some_and(|given| Some(given) == id(value))
        };
        let of_kind = |name: &str| {
            name.strip_prefix('<')
                .is_some_and(|name| name.starts_with(kind))
        };
        if let Some((_, name)) = self
            .given
            .iter()
            .find(|(given, name)| of_kind(name) && same(given))
        {
            return name.clone();
        }
        let count = self.given.iter().filter(|(_, name)| of_kind(name)).count();
        let name = format!("<{kind}{}>", count + 1);
        self.given.push((value.to_owned(), name.clone()));
        name
    }
}

/// A 64-bit id, decimal if it has 17 digits or more and no letters, else hexadecimal.
fn id(text: &str) -> Option<u64> {
    if text.len() >= 17 {
        text.parse().ok()
    } else {
        u64::from_str_radix(text, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn ids_are_one_in_both_notations_and_come_back() {
        let mut names = Names::new(&[]).unwrap();
        assert_eq!(
            names.hide("lease 694d9a7b3c2d1e0f granted"),
            "lease <id1> granted"
        );
        assert_eq!(
            names.hide(r#"{"ID":7587890801270398479}"#),
            r#"{"ID":<id1>}"#
        );
        assert_eq!(names.hide("8e9e05c52164694d"), "<id2>");
        assert_eq!(
            names.reveal("lease revoke <id1>"),
            "lease revoke 694d9a7b3c2d1e0f"
        );
    }

    #[test]
    fn addresses_and_own_patterns() {
        let mut names =
            Names::new(&[("took = ([0-9.]+m?s)".to_owned(), "took".to_owned())]).unwrap();
        names.give("127.0.0.1:12345", "client1");
        assert_eq!(
            names.hide("127.0.0.1:12345 is healthy: took = 1.2ms"),
            "<client1> is healthy: took = <took>"
        );
        assert_eq!(
            names.reveal("--endpoints=<client1>"),
            "--endpoints=127.0.0.1:12345"
        );
    }

    #[test]
    fn short_numbers_stay() {
        let mut names = Names::new(&[]).unwrap();
        assert_eq!(
            names.hide(r#"{"revision":12,"raft_term":3}"#),
            r#"{"revision":12,"raft_term":<term>}"#
        );
    }
}
