//! Reading and writing the metadata of an object that is held as JSON.
//!
//! Objects come from clients; nothing here assumes that a field is there or has its type.

use serde_json::{Map, Value, json};

/// The annotation-, label- and finalizer-free view of one owner reference.
pub(crate) struct Owner<'a> {
    /// uid of the owner.
    pub(crate) uid: &'a str,
    /// Whether a foreground deletion of the owner waits for this object.
    pub(crate) blocks: bool,
}

/// A text field of the metadata; empty if there is none.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// The object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "name")
}

/// The object's namespace; empty for cluster-scoped objects.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "namespace")
}

/// The object's uid.
pub(crate) fn uid(object: &Value) -> &str {
    text(object, "uid")
}

/// The metadata, made if it is not there.
pub(crate) fn metadata_mut(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = json!({});
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    match &mut object["metadata"] {
        Value::Object(metadata) => metadata,
        other => unreachable!("metadata was just made an object, found {other}"),
    }
}

/// Copies a metadata field from `from`, or removes it where `from` has none.
pub(crate) fn copy_metadata(object: &mut Value, from: &Value, field: &str) {
    match from["metadata"].get(field) {
        Some(value) => metadata_mut(object).insert(field.to_owned(), value.clone()),
        None => metadata_mut(object).remove(field),
    };
}

/// Copies a top-level field from `from`, or removes it where `from` has none.
pub(crate) fn copy_field(object: &mut Value, from: &Value, field: &str) {
    let Value::Object(target) = object else {
        return;
    };
    match from.get(field) {
        Some(value) => target.insert(field.to_owned(), value.clone()),
        None => target.remove(field),
    };
}

/// Whether a deletion was asked for and waits for finalizers or a grace period.
pub(crate) fn deleting(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

/// The finalizers that hold the object.
pub(crate) fn finalizers(object: &Value) -> Vec<&str> {
    strings(&object["metadata"]["finalizers"])
}

/// The labels; entries that are not text are left out.
pub(crate) fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object["metadata"]["labels"].get(key)?.as_str()
}

/// The owners of the object.
pub(crate) fn owners(object: &Value) -> Vec<Owner<'_>> {
    let Some(list) = object["metadata"]["ownerReferences"].as_array() else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|owner| {
            let blocks = owner["blockOwnerDeletion"].as_bool().unwrap_or(false);
            Some(Owner {
                uid: owner["uid"].as_str()?,
                blocks,
            })
        })
        .collect()
}

/// The strings of a JSON list.
pub(crate) fn strings(list: &Value) -> Vec<&str> {
    list.as_array()
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// Writes every number without a fraction as a whole number: `3.0` and `3` are one value, and shown as one.
pub(crate) fn whole_numbers(value: &mut Value) {
    const EXACT_MAX: f64 = 9e15;
    match value {
        Value::Number(number) if number.is_f64() => {
            let whole = number
                .as_f64()
                .filter(|n| n.fract() == 0.0 && n.abs() < EXACT_MAX);
            if let Some(whole) = whole {
                // Within the bound, nothing is lost.
                #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
                let whole = whole as i64;
                *value = json!(whole);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

/// The object without what every write changes: for telling a change from a no-op.
pub(crate) fn substance(object: &Value) -> Value {
    let mut copy = object.clone();
    let metadata = metadata_mut(&mut copy);
    metadata.remove("resourceVersion");
    if let Some(Value::Array(entries)) = metadata.get_mut("managedFields") {
        for entry in entries {
            if let Value::Object(entry) = entry {
                entry.remove("time");
            }
        }
    }
    copy
}
