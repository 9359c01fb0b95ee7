//! Merging an applied configuration into the live object, and removing what its manager gave up.

use super::fields::{FieldSet, keyed, member};
use super::lists::{ListKind, Topology};
use serde_json::{Map, Value};

/// `live` with everything that `config` says.
pub(super) fn merged(live: &Value, config: &Value, topology: &Topology<'_>) -> Value {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) if !topology.is_atomic_map() => {
            Value::Object(merged_fields(live, config, topology))
        }
        (Value::Array(live), Value::Array(config)) => match topology.list(config) {
            ListKind::Atomic => Value::Array(config.clone()),
            ListKind::Set => {
                Value::Array(merged_entries(live, config, &member, |_, new| new.clone()))
            }
            ListKind::Keyed(keys) => {
                let merge = |old: &Value, new: &Value| merged(old, new, &topology.entry());
                Value::Array(merged_entries(
                    live,
                    config,
                    &|item| keyed(item, &keys),
                    merge,
                ))
            }
        },
        (_, config) => config.clone(),
    }
}

fn merged_fields(
    live: &Map<String, Value>,
    config: &Map<String, Value>,
    topology: &Topology<'_>,
) -> Map<String, Value> {
    let mut fields = live.clone();
    for (name, value) in config {
        let value = match live.get(name) {
            Some(old) => merged(old, value, &topology.field(name)),
            None => value.clone(),
        };
        fields.insert(name.clone(), value);
    }
    fields
}

/// Live entries keep their places; new ones follow in the order they were applied.
fn merged_entries(
    live: &[Value],
    config: &[Value],
    element: &dyn Fn(&Value) -> String,
    merge: impl Fn(&Value, &Value) -> Value,
) -> Vec<Value> {
    let mut entries = live.to_vec();
    for item in config {
        let name = element(item);
        match entries.iter_mut().find(|entry| element(entry) == name) {
            Some(entry) => *entry = merge(entry, item),
            None => entries.push(item.clone()),
        }
    }
    entries
}

/// Removes from `object` the paths that their manager gave up, unless somebody else owns them or something below.
pub(super) fn prune(
    object: &mut Value,
    given_up: &FieldSet,
    applied: &FieldSet,
    others: &[&FieldSet],
) {
    // A list entry goes as a whole before its fields are looked at: without its keys it could not be found.
    for path in &given_up.paths() {
        let wanted = applied.reaches(path) || others.iter().any(|set| set.reaches(path));
        if !wanted && !is_key(path) {
            remove(object, path);
            drop_empty_parents(object, path, applied, others);
        }
    }
}

/// Whether the path is a key of the list entry that it is in: it goes with the entry only.
fn is_key(path: &[String]) -> bool {
    let [.., entry, field] = path else {
        return false;
    };
    let keys: Option<Map<String, Value>> = entry
        .strip_prefix("k:")
        .and_then(|keys| serde_json::from_str(keys).ok());
    keys.is_some_and(|keys| {
        field
            .strip_prefix("f:")
            .is_some_and(|field| keys.contains_key(field))
    })
}

fn drop_empty_parents(
    object: &mut Value,
    path: &[String],
    applied: &FieldSet,
    others: &[&FieldSet],
) {
    for end in (1..path.len()).rev() {
        let parent = &path[..end];
        let kept = applied.is_owned(parent) || others.iter().any(|set| set.is_owned(parent));
        let empty = find(object, parent).is_some_and(|value| match value {
            Value::Object(fields) => fields.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        });
        if kept || !empty || end < 2 {
            return;
        }
        remove(object, parent);
    }
}

fn find<'a>(object: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter()
        .try_fold(object, |at, element| match element.split_at_checked(2)? {
            ("f:", name) => at.get(name),
            _ => at.as_array()?.iter().find(|item| is_entry(item, element)),
        })
}

fn remove(object: &mut Value, path: &[String]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let name = first.strip_prefix("f:");
    if rest.is_empty() {
        match (object, name) {
            (Value::Object(fields), Some(name)) => drop(fields.remove(name)),
            (Value::Array(items), None) => items.retain(|item| !is_entry(item, first)),
            _ => {}
        }
        return;
    }
    match (object, name) {
        (Value::Object(fields), Some(name)) => {
            if let Some(child) = fields.get_mut(name) {
                remove(child, rest);
            }
        }
        (Value::Array(items), None) => {
            if let Some(item) = items.iter_mut().find(|item| is_entry(item, first)) {
                remove(item, rest);
            }
        }
        _ => {}
    }
}

fn is_entry(item: &Value, element: &str) -> bool {
    match element.split_at_checked(2) {
        Some(("v:", _)) => member(item) == element,
        Some(("k:", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let names: Vec<String> = keys.keys().cloned().collect();
            keyed(item, &names) == element
        }
        _ => false,
    }
}
