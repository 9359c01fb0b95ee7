//! Finds the line of a YAML text where a field stands.
//!
//! The YAML library tells where decoding failed, and nothing else about places. So the document is walked again by a
//! decoder that fails on purpose when it reaches the wanted field.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// One step of a path into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field of a mapping.
    Field(String),
    /// An item of a list, counted from zero.
    Item(usize),
}

/// Writes a path as people know it: `spec.tolerations[0].key`.
#[must_use]
pub fn written(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Item(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// The line (from 1) of the deepest part of `path` that exists in the `index`th document of `yaml`.
pub(crate) fn line_of(yaml: &str, index: usize, path: &[Step]) -> usize {
    for length in (0..=path.len()).rev() {
        let Some(document) = serde_yaml::Deserializer::from_str(yaml).nth(index) else {
            return 1;
        };
        if let Err(error) = (Seek {
            path: &path[..length],
        })
        .deserialize(document)
            && error.to_string().contains(HERE)
            && let Some(place) = error.location()
        {
            return place.line();
        }
    }
    1
}

const HERE: &str = "\u{1}here\u{1}";

struct Seek<'a> {
    path: &'a [Step],
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HERE)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((Step::Field(name), rest)) = self.path.split_first() else {
            return Err(A::Error::custom(HERE));
        };
        while let Some(found) = map.next_key_seed(Key {
            name,
            fail: rest.is_empty(),
        })? {
            if found {
                map.next_value_seed(Seek { path: rest })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((Step::Item(wanted), rest)) = self.path.split_first() else {
            return Err(A::Error::custom(HERE));
        };
        for _ in 0..*wanted {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        items.next_element_seed(Seek { path: rest })?;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// Reads a key; fails on the wanted one if the path ends with it.
struct Key<'a> {
    name: &'a str,
    fail: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        match (key == self.name, self.fail) {
            (true, true) => Err(E::custom(HERE)),
            (found, _) => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let yaml = "a: 1\nb:\n  - x: 1\n  - x: 2\n    y: 3\n---\nc:\n  d: {e: 1}\n";
        let field = |name: &str| Step::Field(name.to_owned());
        for (document, path, line) in [
            (0, vec![field("a")], 1),
            (0, vec![field("b")], 2),
            (0, vec![field("b"), Step::Item(1), field("y")], 5),
            (0, vec![field("b"), Step::Item(1)], 4),
            (0, vec![field("b"), Step::Item(7)], 2),
            (1, vec![field("c"), field("d")], 8),
            (1, vec![field("c"), field("missing")], 7),
            (1, vec![field("z")], 7),
        ] {
            assert_eq!(line_of(yaml, document, &path), line, "{path:?}");
        }
    }
}
