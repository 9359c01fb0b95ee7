//! Fields that a JSON document has twice: a decoded document keeps one of them and tells nothing.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// The paths of the fields that are there more than once; none of a document that is no JSON.
pub(super) fn found(body: &[u8]) -> Vec<String> {
    let mut twice = Vec::new();
    let at = At {
        path: String::new(),
        twice: &mut twice,
    };
    let mut document = serde_json::Deserializer::from_slice(body);
    match at.deserialize(&mut document) {
        Ok(()) => twice,
        Err(_) => Vec::new(),
    }
}

/// A place in the document.
struct At<'a> {
    path: String,
    twice: &'a mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            let path = if self.path.is_empty() {
                name.clone()
            } else {
                format!("{}.{name}", self.path)
            };
            if !seen.insert(name) {
                self.twice.push(path.clone());
            }
            let twice = &mut *self.twice;
            map.next_value_seed(At { path, twice })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for index in 0.. {
            let path = format!("{}[{index}]", self.path);
            let twice = &mut *self.twice;
            if list.next_element_seed(At { path, twice })?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn fields_that_are_there_twice() {
        let table: [(&str, &[&str]); 4] = [
            (r#"{"a": 1, "b": {"a": null}}"#, &[]),
            (r#"{"a": 1, "a": 2}"#, &["a"]),
            (r#"{"a": [{"b": "x", "b": true}], "c": 1.5}"#, &["a[0].b"]),
            (r#"{"a": 1, "a""#, &[]),
        ];
        for (document, want) in table {
            assert_eq!(found(document.as_bytes()), want, "{document}");
        }
    }
}
