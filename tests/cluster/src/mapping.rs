//! What two servers may call differently: uids, versions, times, names that they made up.
//!
//! A pair is learnt where it is first seen, and must hold ever after: if one server gives an object a new version where
//! the other leaves the old one, that is a difference.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Map, Value};

/// What was learnt.
pub struct Mapping {
    uids: Pairs,
    versions: Pairs,
    names: Pairs,
    uid: Regex,
    time: Regex,
    age: Regex,
    number: Regex,
}

/// A one-to-one relation, real to embedded.
#[derive(Default)]
struct Pairs {
    forth: BTreeMap<String, String>,
    back: BTreeMap<String, String>,
}

impl Pairs {
    /// Whether the two are a pair; unknown ones become one.
    fn agree(&mut self, real: &str, embedded: &str) -> bool {
        match (self.forth.get(real), self.back.get(embedded)) {
            (None, None) => {
                self.forth.insert(real.to_owned(), embedded.to_owned());
                self.back.insert(embedded.to_owned(), real.to_owned());
                true
            }
            (Some(known), _) => known == embedded,
            (None, Some(_)) => false,
        }
    }
}

impl Default for Mapping {
    fn default() -> Self {
        let regex = |pattern: &str| match Regex::new(pattern) {
            Ok(regex) => regex,
            Err(error) => unreachable!("{pattern} is written here: {error}"),
        };
        Self {
            uids: Pairs::default(),
            versions: Pairs::default(),
            names: Pairs::default(),
            uid: regex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            time: regex(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"),
            age: regex(r"^(\d+[smhd])+$"),
            number: regex(r"(?i)(resource ?version: |current: |\()\d+"),
        }
    }
}

impl Mapping {
    /// Whether two texts at the field `field` mean the same; `collection` says whether they describe a whole list.
    pub fn same(&mut self, field: &str, real: &str, embedded: &str, collection: bool) -> bool {
        if field == "resourceVersion" {
            let numbers = is_number(real) && is_number(embedded);
            return numbers && (collection || self.versions.agree(real, embedded));
        }
        if field == "continue" {
            return real.is_empty() == embedded.is_empty();
        }
        if self.is_uid(real) && self.is_uid(embedded) {
            return self.uids.agree(real, embedded);
        }
        let both = |regex: &Regex| regex.is_match(real) && regex.is_match(embedded);
        real == embedded
            || (both(&self.time) && real.len() == embedded.len())
            || both(&self.age)
            || self
                .names
                .forth
                .get(real)
                .is_some_and(|known| known == embedded)
            || self.plain(real) == self.plain(embedded)
    }

    /// Learns a name that the servers made up: the same beginning, the same length.
    pub fn learn_name(&mut self, real: &str, embedded: &str) -> bool {
        let made_up = 5;
        let prefix = |text: &str| {
            text.get(..text.len().saturating_sub(made_up))
                .map(str::to_owned)
        };
        prefix(real) == prefix(embedded) && self.names.agree(real, embedded)
    }

    /// `embedded` with the keys of `real` that mean the same: owners are told apart by uids.
    pub fn renamed(
        &self,
        embedded: &Map<String, Value>,
        real: &Map<String, Value>,
    ) -> Map<String, Value> {
        let name = |key: &String| {
            let twin = real
                .keys()
                .find(|twin| self.uid.is_match(twin) && self.plain(twin) == self.plain(key));
            twin.unwrap_or(key).clone()
        };
        embedded
            .iter()
            .map(|(key, value)| (name(key), value.clone()))
            .collect()
    }

    fn is_uid(&self, text: &str) -> bool {
        self.uid
            .find(text)
            .is_some_and(|found| found.as_str() == text)
    }

    /// A sentence without what may differ in it.
    fn plain(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for real in self.names.forth.keys().chain(self.names.back.keys()) {
            text = text.replace(real.as_str(), "NAME");
        }
        let text = self.uid.replace_all(&text, "UID").into_owned();
        self.number.replace_all(&text, "${1}N").into_owned()
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "00000000-0000-0000-0000-00000000000a";
    const B: &str = "00000000-0000-0000-0000-00000000000b";

    #[test]
    fn a_pair_holds_ever_after() {
        let mut mapping = Mapping::default();
        assert!(mapping.same("uid", A, B, false));
        assert!(mapping.same("uid", A, B, false));
        assert!(!mapping.same("uid", A, A, false));
        assert!(!mapping.same("uid", B, B, false));
        assert!(mapping.same("resourceVersion", "100", "7", false));
        assert!(!mapping.same("resourceVersion", "100", "8", false));
        assert!(!mapping.same("resourceVersion", "101", "7", false));
        assert!(mapping.same("resourceVersion", "103", "7", true));
        assert!(!mapping.same("resourceVersion", "103", "", true));
    }

    #[test]
    fn sentences_may_name_what_differs() {
        let mut mapping = Mapping::default();
        let (real, embedded) = (
            format!("UID in precondition: {A}"),
            format!("UID in precondition: {B}"),
        );
        assert!(mapping.same("message", &real, &embedded, false));
        assert!(mapping.same(
            "message",
            "too old resource version: 1 (90)",
            "too old resource version: 1 (8)",
            false
        ));
        assert!(!mapping.same("message", "not found", "forbidden", false));
        assert!(!mapping.same(
            "time",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000000Z",
            false
        ));
        assert!(
            mapping.learn_name("pod-abcde", "pod-12345")
                && !mapping.learn_name("pod-abcde", "pod-xyzzy")
        );
        assert!(mapping.same("name", "pod-abcde", "pod-12345", false));
    }
}
