//! Fields that a type does not know.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::Value;

/// Paths of `sent` that decoding lost: fields that the type does not know.
pub(crate) fn lost(sent: &Value, known: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    collect_lost(sent, known, "", &mut paths);
    paths
}

/// Decodes the metadata of a custom object, as that of built-in types is: returns the fields that are none.
pub(crate) fn known_metadata(object: &mut Value) -> Result<Vec<String>, String> {
    let Some(sent) = object.get("metadata") else {
        return Ok(Vec::new());
    };
    let typed = ObjectMeta::deserialize(sent).map_err(|e| format!("metadata: {e}"))?;
    let known = serde_json::to_value(typed).map_err(|e| e.to_string())?;
    let mut unknown = Vec::new();
    collect_lost(sent, &known, "metadata", &mut unknown);
    object["metadata"] = known;
    Ok(unknown)
}

fn collect_lost(sent: &Value, known: &Value, path: &str, paths: &mut Vec<String>) {
    match (sent, known) {
        (Value::Object(sent), Value::Object(known)) => {
            for (name, value) in sent {
                let below = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                match known.get(name) {
                    Some(known) => collect_lost(value, known, &below, paths),
                    None if is_empty(value) => {}
                    None => paths.push(below),
                }
            }
        }
        (Value::Array(sent), Value::Array(known)) => {
            for (index, (sent, known)) in sent.iter().zip(known).enumerate() {
                collect_lost(sent, known, &format!("{path}[{index}]"), paths);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
