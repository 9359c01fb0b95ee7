//! Two answers, field by field.

use serde_json::{Map, Value};

use crate::mapping::Mapping;

/// A place at which two answers differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where, like `body.items[0].metadata.name`.
    pub path: String,
    /// What the real server said; nothing if the field is not there.
    pub real: Option<Value>,
    /// What the embedded one said.
    pub embedded: Option<Value>,
}

/// What differs, after mapping.
pub fn differences(real: &Value, embedded: &Value, mapping: &mut Mapping) -> Vec<Difference> {
    let mut walk = Walk {
        mapping,
        found: Vec::new(),
    };
    walk.value("", "", &settled(real), &settled(embedded), false);
    walk.found
}

/// The answer with the causes of a refusal in a stated order, since the real server finds them in any. Its sentence lists
/// them again; where there are several, only the sentence's beginning is left. Managers are ordered by name: servers order
/// them by the second in which they wrote.
fn settled(answer: &Value) -> Value {
    let mut answer = answer.clone();
    order_managers(&mut answer);
    let body = &mut answer["body"];
    let Some(Value::Array(causes)) = body.pointer_mut("/details/causes") else {
        return answer;
    };
    causes.sort_by_key(ToString::to_string);
    if causes.len() > 1
        && let Some(message) = body["message"].as_str()
        && let Some((beginning, _)) = message.split_once(" is invalid: ")
    {
        body["message"] = format!("{beginning} is invalid").into();
    }
    answer
}

fn order_managers(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::Array(entries)) = fields.get_mut("managedFields") {
                entries.sort_by_key(|entry| {
                    ["manager", "operation", "subresource", "apiVersion"]
                        .map(|field| entry[field].to_string())
                });
            }
            fields.values_mut().for_each(order_managers);
        }
        Value::Array(items) => items.iter_mut().for_each(order_managers),
        _ => {}
    }
}

struct Walk<'a> {
    mapping: &'a mut Mapping,
    found: Vec<Difference>,
}

impl Walk<'_> {
    fn value(&mut self, path: &str, field: &str, real: &Value, embedded: &Value, collection: bool) {
        match (real, embedded) {
            (Value::Object(a), Value::Object(b)) => self.object(path, a, b, collection),
            (Value::Array(a), Value::Array(b)) => self.array(path, field, a, b),
            (Value::String(a), Value::String(b)) if self.mapping.same(field, a, b, collection) => {}
            (a, b) if a == b => {}
            (a, b) => self.add(path, Some(a), Some(b)),
        }
    }

    fn object(
        &mut self,
        path: &str,
        real: &Map<String, Value>,
        embedded: &Map<String, Value>,
        within: bool,
    ) {
        let kind = real.get("kind").and_then(Value::as_str).unwrap_or_default();
        // A list and a bookmark carry the version of the whole store.
        let bookmark = real.get("type").is_some_and(|kind| kind == "BOOKMARK");
        let collection = kind.ends_with("List") || kind == "Table" || bookmark;
        let embedded = &self.mapping.renamed(embedded, real);
        for name in real
            .keys()
            .chain(embedded.keys().filter(|name| !real.contains_key(*name)))
        {
            let below = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            // The version of a list is in its own metadata, those of its items are objects'.
            let inherited = collection && matches!(name.as_str(), "metadata" | "object");
            let passed = within && matches!(name.as_str(), "metadata" | "resourceVersion");
            match (real.get(name), embedded.get(name)) {
                (Some(a), Some(b)) => self.value(&below, name, a, b, inherited || passed),
                (a, b) => self.add(&below, a, b),
            }
        }
    }

    fn array(&mut self, path: &str, field: &str, real: &[Value], embedded: &[Value]) {
        if real.len() != embedded.len() {
            self.add(
                &format!("{path}.length"),
                Some(&Value::from(real.len())),
                Some(&Value::from(embedded.len())),
            );
        }
        for (index, (a, b)) in real.iter().zip(embedded).enumerate() {
            self.value(&format!("{path}[{index}]"), field, a, b, false);
        }
    }

    fn add(&mut self, path: &str, real: Option<&Value>, embedded: Option<&Value>) {
        self.found.push(Difference {
            path: path.to_owned(),
            real: real.cloned(),
            embedded: embedded.cloned(),
        });
    }
}

/// The parts of an answer at `places`, like `body.groups[name=synod.dev]`; what is not there is left out.
#[must_use]
pub fn selected(answer: &Value, places: &[String]) -> Value {
    if places.is_empty() {
        return answer.clone();
    }
    let parts = places
        .iter()
        .filter_map(|place| Some((place.clone(), part(answer, place)?.clone())));
    Value::Object(parts.collect())
}

fn part<'a>(answer: &'a Value, place: &str) -> Option<&'a Value> {
    let mut at = answer;
    let mut rest = place;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (condition, after) = after.split_once(']')?;
            let (key, value) = condition.split_once('=')?;
            at = at.as_array()?.iter().find(|item| item[key] == value)?;
            rest = after.trim_start_matches('.');
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            at = at.get(&rest[..end])?;
            rest = rest[end..].trim_start_matches('.');
        }
    }
    Some(at)
}

/// Whether `text` fits `pattern`, in which `*` stands for anything.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .any(|at| fits(rest, &text[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_have_their_places() {
        let real = json!({"kind": "PodList", "metadata": {"resourceVersion": "90"},
            "items": [{"metadata": {"name": "a", "resourceVersion": "80"}, "spec": {"x": 1}}]});
        let embedded = json!({"kind": "PodList", "metadata": {"resourceVersion": "5"},
            "items": [{"metadata": {"name": "a", "resourceVersion": "4"}, "spec": {"y": 1}}, {}]});
        let found = differences(&real, &embedded, &mut Mapping::default());
        let paths: Vec<_> = found.iter().map(|d| d.path.as_str()).collect();
        assert_eq!(
            paths,
            ["items.length", "items[0].spec.x", "items[0].spec.y"]
        );
    }

    #[test]
    fn parts_are_found() {
        let answer = json!({"body": {"groups": [{"name": "a"}, {"name": "synod.dev", "n": 1}]}});
        let places = ["body.groups[name=synod.dev].n".to_owned()];
        assert_eq!(
            selected(&answer, &places),
            json!({"body.groups[name=synod.dev].n": 1})
        );
    }

    #[test]
    fn patterns() {
        let table = [
            ("*", "a.b", true),
            ("a.*.c", "a.b[0].c", true),
            ("a.*", "b.c", false),
            ("a", "a.b", false),
        ];
        for (pattern, text, want) in table {
            assert_eq!(fits(pattern, text), want, "{pattern} {text}");
        }
    }
}
