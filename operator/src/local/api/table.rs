//! The forms in which objects are shown: whole, metadata only, or as a table for `get`.

use super::resource::{Column, Resource, Shape};
use http::{HeaderMap, header};
use serde_json::{Value, json};
use std::sync::Arc;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Whole,
    Metadata,
    Table(Include),
}

/// What of each object a table carries beside its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Include {
    Nothing,
    Metadata,
    /// `get --sort-by` sorts by any field.
    Object,
}

impl Include {
    /// As the query names it.
    fn named(name: &str) -> Self {
        match name {
            "None" => Self::Nothing,
            "Object" => Self::Object,
            _ => Self::Metadata,
        }
    }

    fn of(self, object: &Value) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Metadata => metadata_of(object),
            Self::Object => object.clone(),
        }
    }
}

impl View {
    /// The first form of the `Accept` header that is served here.
    pub(super) fn negotiated(headers: &HeaderMap, include: &str) -> Self {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        for wanted in accept.split(',') {
            let parameters: Vec<&str> = wanted.split(';').map(str::trim).collect();
            if parameters.contains(&"as=Table") {
                return Self::Table(Include::named(include));
            }
            if parameters.contains(&"as=PartialObjectMetadata")
                || parameters.contains(&"as=PartialObjectMetadataList")
            {
                return Self::Metadata;
            }
            if parameters
                .first()
                .is_some_and(|kind| *kind == "application/json")
            {
                return Self::Whole;
            }
        }
        Self::Whole
    }

    /// One object.
    pub(super) fn one(self, resource: &Resource, object: &Value) -> Value {
        match self {
            Self::Whole => object.clone(),
            Self::Metadata => metadata_of(object),
            Self::Table(include) => {
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                table(resource, std::iter::once(object), metadata, include)
            }
        }
    }

    /// A list of objects.
    pub(super) fn list(
        self,
        resource: &Resource,
        objects: &[Arc<Value>],
        mut metadata: Value,
    ) -> Value {
        match self {
            Self::Whole => {
                let custom = matches!(resource.shape, Shape::Custom(..));
                if custom && metadata.get("continue").is_none() {
                    metadata["continue"] = json!("");
                }
                let items: Vec<_> = objects.iter().map(|object| item(object, custom)).collect();
                json!({"apiVersion": resource.api_version(), "kind": resource.list_kind(), "metadata": metadata,
                "items": items})
            }
            Self::Metadata => {
                json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadataList", "metadata": metadata,
                "items": objects.iter().map(|object| metadata_of(object)).collect::<Vec<_>>()})
            }
            Self::Table(include) => {
                let objects = objects.iter().map(|object| &**object);
                table(resource, objects, metadata, include)
            }
        }
    }
}

/// An object in a list: of a built-in type, the list says what it is.
fn item(object: &Value, custom: bool) -> Value {
    let mut item = object.clone();
    if let (false, Value::Object(fields)) = (custom, &mut item) {
        fields.remove("apiVersion");
        fields.remove("kind");
    }
    item
}

fn metadata_of(object: &Value) -> Value {
    json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": object["metadata"]})
}

fn table<'a>(
    resource: &Resource,
    objects: impl Iterator<Item = &'a Value>,
    metadata: Value,
    include: Include,
) -> Value {
    let columns = columns_of(resource);
    let definitions: Vec<_> = columns
        .iter()
        .map(|column| {
            let format = if column.name == "Name" { "name" } else { "" };
            json!({"name": column.name, "type": column.kind, "format": format, "description": column.description, "priority": column.priority})
        })
        .collect();
    let rows: Vec<_> = objects
        .map(|object| {
            let cells: Vec<Value> = columns.iter().map(|column| cell(object, column)).collect();
            json!({"cells": cells, "object": include.of(object)})
        })
        .collect();
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": definitions, "rows": rows})
}

fn columns_of(resource: &Resource) -> Vec<Column> {
    let column = |name: &str, path: &str, kind: &str| Column {
        name: name.to_owned(),
        kind: kind.to_owned(),
        path: path.to_owned(),
        priority: 0,
        description: String::new(),
    };
    let mut columns = vec![column("Name", ".metadata.name", "string")];
    let own: &[(&str, &str)] = match resource.qualified().as_str() {
        "pods" => &[
            ("Ready", ".status.conditions[?(@.type==\"Ready\")].status"),
            ("Status", ".status.phase"),
            ("Restarts", ".status.containerStatuses[0].restartCount"),
            ("IP", ".status.podIP"),
        ],
        "services" => &[("Type", ".spec.type"), ("Cluster-IP", ".spec.clusterIP")],
        "persistentvolumeclaims" => &[
            ("Status", ".status.phase"),
            ("Volume", ".spec.volumeName"),
            ("Capacity", ".status.capacity.storage"),
        ],
        "secrets" => &[("Type", ".type")],
        "events" => &[
            ("Type", ".type"),
            ("Reason", ".reason"),
            ("Object", ".involvedObject.name"),
            ("Message", ".message"),
        ],
        "leases.coordination.k8s.io" => &[("Holder", ".spec.holderIdentity")],
        "namespaces" => &[("Status", ".status.phase")],
        _ => &[],
    };
    columns.extend(own.iter().map(|(name, path)| column(name, path, "string")));
    columns.extend(resource.columns.iter().cloned().map(described));
    if !columns.iter().any(|column| column.name == "Age") {
        columns.push(column("Age", ".metadata.creationTimestamp", "date"));
    }
    columns
}

/// A column that its definition says nothing about says where it comes from.
fn described(mut column: Column) -> Column {
    if column.description.is_empty() {
        column.description = format!(
            "Custom resource definition column (in JSONPath format): {}",
            column.path
        );
    }
    column
}

/// The value of a column. Dates are shown as ages, as `get` does.
fn cell(object: &Value, column: &Column) -> Value {
    let found = find(object, &column.path);
    match (column.kind.as_str(), found) {
        ("date", Some(Value::String(time))) => json!(age(&time)),
        (_, Some(value)) => value,
        (_, None) => Value::Null,
    }
}

fn age(time: &str) -> String {
    let Ok(then) = time.parse::<jiff::Timestamp>() else {
        return "<unknown>".to_owned();
    };
    let seconds = jiff::Timestamp::now()
        .as_second()
        .saturating_sub(then.as_second())
        .max(0);
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

/// Evaluates the JSONPath of a printer column: fields, `[n]`, and `[?(@.field=="value")]`.
fn find(object: &Value, path: &str) -> Option<Value> {
    let mut at = object;
    let mut rest = path.trim_start_matches('$');
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            at = at.get(after[..end].replace('\\', ""))?;
            rest = &after[end..];
        } else {
            let end = rest.find(']')?;
            at = entry(at.as_array()?, rest.get(1..end)?)?;
            rest = &rest[end + 1..];
        }
    }
    (!at.is_null()).then(|| at.clone())
}

fn entry<'a>(list: &'a [Value], index: &str) -> Option<&'a Value> {
    if let Ok(number) = index.parse::<usize>() {
        return list.get(number);
    }
    let condition = index.strip_prefix("?(@.")?.strip_suffix(')')?;
    let (field, value) = condition.split_once("==")?;
    let value = value.trim().trim_matches(['"', '\'']);
    list.iter().find(|item| item[field.trim()] == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let object = json!({"a": {"b": [1, {"type": "Ready", "status": "True"}]}});
        assert_eq!(find(&object, ".a.b[0]"), Some(json!(1)));
        assert_eq!(
            find(&object, ".a.b[?(@.type==\"Ready\")].status"),
            Some(json!("True"))
        );
        assert_eq!(find(&object, ".a.c"), None);
        assert_eq!(find(&object, ".a.b[7]"), None);
    }
}
