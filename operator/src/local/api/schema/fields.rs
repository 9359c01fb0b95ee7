//! Which fields there are: unknown ones go, defaults come.

use super::join;
use serde_json::{Map, Value};

/// Removes fields that the schema does not know and returns their paths.
pub(crate) fn prune(schema: &Value, value: &mut Value, path: &str) -> Vec<String> {
    let mut unknown = Vec::new();
    prune_into(schema, value, path, &mut unknown);
    unknown
}

fn prune_into(schema: &Value, value: &mut Value, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::Object(fields) => prune_object(schema, fields, path, unknown),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                prune_into(&schema["items"], item, &format!("{path}[{index}]"), unknown);
            }
        }
        _ => {}
    }
}

fn prune_object(
    schema: &Value,
    fields: &mut Map<String, Value>,
    path: &str,
    unknown: &mut Vec<String>,
) {
    let embedded = schema["x-kubernetes-embedded-resource"] == true || path.is_empty();
    let keep = schema["x-kubernetes-preserve-unknown-fields"] == true;
    let names: Vec<String> = fields.keys().cloned().collect();
    for name in names {
        let below = join(path, &name);
        if embedded && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        let child = match schema["properties"].get(&name) {
            Some(child) => child,
            None if schema["additionalProperties"].is_object() => &schema["additionalProperties"],
            None if keep || schema["additionalProperties"] == true => continue,
            None => {
                fields.remove(&name);
                unknown.push(below);
                continue;
            }
        };
        if let Some(value) = fields.get_mut(&name) {
            prune_into(child, value, &below, unknown);
        }
    }
}

/// Fills in defaults, and drops nulls where the schema does not allow null and has a default.
pub(crate) fn fill_defaults(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, child) in schema["properties"].as_object().into_iter().flatten() {
                fill_field(child, fields, name);
            }
            let declared = |name: &str| schema["properties"].get(name).is_some();
            if schema["additionalProperties"].is_object() {
                let entries = fields.iter_mut().filter(|(name, _)| !declared(name));
                entries
                    .for_each(|(_, value)| fill_defaults(&schema["additionalProperties"], value));
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| fill_defaults(&schema["items"], item)),
        _ => {}
    }
}

fn fill_field(schema: &Value, fields: &mut Map<String, Value>, name: &str) {
    let default = schema.get("default");
    if fields.get(name).is_some_and(Value::is_null) && schema["nullable"] != true {
        fields.remove(name);
    }
    if let (false, Some(default)) = (fields.contains_key(name), default) {
        fields.insert(name.to_owned(), default.clone());
    }
    if let Some(value) = fields.get_mut(name) {
        fill_defaults(schema, value);
    }
}
