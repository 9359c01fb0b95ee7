//! The four kinds of PATCH, up to the point where they have made a new object (server-side apply is in `managed`).

use super::managed::{ListKind, Topology};
use super::refusal::Refusal;
use super::resource::{Resource, Shape};
use serde_json::{Map, Value};

/// Media types by which a PATCH says its kind.
pub(crate) const JSON: &str = "application/json-patch+json";
/// RFC 7386.
pub(crate) const MERGE: &str = "application/merge-patch+json";
/// Kubernetes' merge patch that knows keyed lists; built-in types only.
pub(crate) const STRATEGIC: &str = "application/strategic-merge-patch+json";
/// Server-side apply.
pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// Applies a patch of any kind but server-side apply.
pub(crate) fn patched(
    resource: &Resource,
    kind: &str,
    live: &Value,
    body: &[u8],
) -> Result<Value, Refusal> {
    let patch: Value = serde_json::from_slice(body)
        .map_err(|e| Refusal::bad_request(format!("the patch is not JSON: {e}")))?;
    let mut object = live.clone();
    match (kind, &resource.shape) {
        (JSON, _) => {
            let operations: json_patch::Patch = serde_json::from_value(patch)
                .map_err(|e| Refusal::bad_request(format!("the patch is no JSON patch: {e}")))?;
            json_patch::patch(&mut object, &operations).map_err(|_| Refusal::rejected_patch())?;
        }
        (MERGE, _) => json_patch::merge(&mut object, &patch),
        (STRATEGIC, Shape::Known(..)) => {
            object = strategic(&object, &patch, &Topology::of(resource))
        }
        (STRATEGIC, Shape::Custom(..)) => {
            return Err(Refusal::unsupported_media(&[JSON, MERGE, APPLY]));
        }
        _ => return Err(Refusal::unsupported_patch()),
    }
    Ok(object)
}

fn strategic(live: &Value, patch: &Value, topology: &Topology<'_>) -> Value {
    match (live, patch) {
        (Value::Object(live), Value::Object(patch)) => strategic_fields(live, patch, topology),
        (Value::Array(live), Value::Array(patch)) => strategic_entries(live, patch, topology),
        (_, Value::Object(patch)) => strategic_fields(&Map::new(), patch, topology),
        (_, patch) => patch.clone(),
    }
}

fn strategic_fields(
    live: &Map<String, Value>,
    patch: &Map<String, Value>,
    topology: &Topology<'_>,
) -> Value {
    let replace = patch
        .get("$patch")
        .is_some_and(|directive| directive == "replace");
    let mut fields = if replace { Map::new() } else { live.clone() };
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix("$deleteFromPrimitiveList/") {
            remove_members(&mut fields, list, value);
        } else if name.starts_with('$') {
            // Order and retained keys only matter for how lists are shown and for unions.
        } else if value.is_null() {
            fields.remove(name);
        } else {
            let old = fields.get(name).cloned().unwrap_or(Value::Null);
            fields.insert(name.clone(), strategic(&old, value, &topology.field(name)));
        }
    }
    Value::Object(fields)
}

fn remove_members(fields: &mut Map<String, Value>, list: &str, gone: &Value) {
    let gone = gone.as_array().cloned().unwrap_or_default();
    if let Some(Value::Array(items)) = fields.get_mut(list) {
        items.retain(|item| !gone.contains(item));
    }
}

fn strategic_entries(live: &[Value], patch: &[Value], topology: &Topology<'_>) -> Value {
    let mut entries = live.to_vec();
    match topology.list(if patch.is_empty() { live } else { patch }) {
        ListKind::Atomic => entries = patch.to_vec(),
        ListKind::Set => entries.extend(patch.iter().filter(|item| !live.contains(item)).cloned()),
        ListKind::Keyed(keys) => {
            let key = keys.first().cloned().unwrap_or_default();
            for item in patch {
                merge_entry(&mut entries, item, &key, topology);
            }
            entries = ordered(entries, live, &key);
        }
    }
    Value::Array(entries)
}

/// Entries that are new come before those that the patch does not name, which keep their order.
fn ordered(entries: Vec<Value>, live: &[Value], key: &str) -> Vec<Value> {
    let known = |entry: &Value| live.iter().any(|old| old[key] == entry[key]);
    let (mut old, mut entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(known);
    entries.append(&mut old);
    entries
}

fn merge_entry(entries: &mut Vec<Value>, item: &Value, key: &str, topology: &Topology<'_>) {
    let place = entries.iter().position(|entry| entry[key] == item[key]);
    match (place, item["$patch"] == "delete") {
        (Some(place), true) => drop(entries.remove(place)),
        (Some(place), false) => {
            entries[place] = strategic(&entries[place], item, &topology.entry())
        }
        (None, true) => {}
        (None, false) => entries.push(strategic(&Value::Null, item, &topology.entry())),
    }
}
