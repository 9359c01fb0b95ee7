//! OpenAPI v3, as far as kubectl needs it: `explain`, and the check that the server validates fields itself.

use super::Types;
use super::refusal::Refusal;
use super::resource::{Resource, Shape};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Answers `/openapi/REST`.
pub(super) fn answer(types: &Types, rest: &str) -> Result<Value, Refusal> {
    let Some(rest) = rest.strip_prefix("v3") else {
        return Err(Refusal::unrouted());
    };
    match rest.trim_matches('/') {
        "" => Ok(index(types)),
        path => document(types, path).ok_or_else(Refusal::unrouted),
    }
}

/// `api/v1`, `apis/GROUP/VERSION`.
fn path_of(resource: &Resource) -> String {
    match resource.group.as_str() {
        "" => format!("api/{}", resource.version),
        group => format!("apis/{group}/{}", resource.version),
    }
}

fn index(types: &Types) -> Value {
    let paths: BTreeMap<String, Value> = types
        .values()
        .map(|resource| {
            let path = path_of(resource);
            let url = format!("/openapi/v3/{path}");
            (path, json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": paths})
}

fn document(types: &Types, path: &str) -> Option<Value> {
    let served: Vec<_> = types
        .values()
        .filter(|resource| path_of(resource) == path)
        .collect();
    if served.is_empty() {
        return None;
    }
    let mut paths = Map::new();
    let mut schemas = Map::new();
    for resource in served {
        let name = describe(resource, &mut schemas);
        let space = if resource.namespaced {
            "namespaces/{namespace}/"
        } else {
            ""
        };
        let collection = format!("/{path}/{space}{}", resource.plural);
        paths.insert(
            format!("{collection}/{{name}}"),
            operations(resource, &name, &["get", "put", "patch", "delete"]),
        );
        paths.insert(collection, operations(resource, &name, &["get", "post"]));
    }
    Some(json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.33.0"},
        "paths": paths, "components": {"schemas": schemas},
    }))
}

fn operations(resource: &Resource, schema: &str, verbs: &[&str]) -> Value {
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
    let content =
        json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
    let operation = |verb: &str| {
        let mut parameters = vec![parameter("dryRun")];
        if matches!(verb, "put" | "post" | "patch") {
            parameters.extend([parameter("fieldManager"), parameter("fieldValidation")]);
        }
        json!({
            "parameters": parameters, "responses": {"200": {"description": "OK", "content": content}},
            "x-kubernetes-action": verb,
            "x-kubernetes-group-version-kind": kind_of(resource),
        })
    };
    verbs
        .iter()
        .map(|verb| ((*verb).to_owned(), operation(verb)))
        .collect::<Map<_, _>>()
        .into()
}

fn kind_of(resource: &Resource) -> Value {
    json!({"group": resource.group, "version": resource.version, "kind": resource.kind})
}

/// Adds the schema of a type and of what it refers to; returns its name.
fn describe(resource: &Resource, schemas: &mut Map<String, Value>) -> String {
    match &resource.shape {
        Shape::Custom(schema, _) => {
            let mut group: Vec<&str> = resource.group.split('.').collect();
            group.reverse();
            let name = format!("{}.{}.{}", group.join("."), resource.version, resource.kind);
            let mut schema = Value::clone(schema);
            for (field, description) in [
                (
                    "apiVersion",
                    "The versioned schema of this representation of an object.",
                ),
                ("kind", "The resource that this object represents."),
            ] {
                schema["properties"][field] = json!({"type": "string", "description": description});
            }
            schema["properties"]["metadata"] =
                json!({"type": "object", "description": "Standard object's metadata."});
            schema["x-kubernetes-group-version-kind"] = json!([kind_of(resource)]);
            schemas.insert(name.clone(), schema);
            name
        }
        Shape::Known(_, describe) => {
            let mut generator = SchemaSettings::openapi3().into_generator();
            let reference = describe(&mut generator).to_value();
            let name = reference["$ref"]
                .as_str()
                .and_then(|at| at.rsplit('/').next())
                .unwrap_or_default()
                .to_owned();
            for (name, schema) in generator.take_definitions(true) {
                schemas.entry(name).or_insert(schema);
            }
            if let Some(schema) = schemas.get_mut(&name) {
                schema["x-kubernetes-group-version-kind"] = json!([kind_of(resource)]);
            }
            name
        }
    }
}
