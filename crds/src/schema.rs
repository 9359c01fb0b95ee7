//! Checks a JSON value against the structural schema and the CEL rules of a kind, as an API server does.
//!
//! What a definition can say and these kinds use is covered: types, required and unknown fields, enumerations, bounds,
//! patterns, defaults, rules with and without the old object. Each problem has a place and a cure.

use kube::core::cel::{Validator, apply_defaults};
use regex::Regex;
use serde_json::{Map, Value};

pub use crate::locate::{Step, written};

/// One thing that is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub path: Vec<Step>,
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty when the message says it.
    pub cure: String,
}

/// The structural schema of the kind whose definition is `definition`, as JSON.
#[must_use]
pub fn of(
    definition: &k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
) -> Value {
    definition
        .spec
        .versions
        .first()
        .and_then(|version| version.schema.as_ref())
        .and_then(|schema| schema.open_api_v3_schema.as_ref())
        .and_then(|schema| serde_json::to_value(schema).ok())
        .unwrap_or(Value::Null)
}

/// `object` with the schema's defaults filled in.
#[must_use]
pub fn defaulted(schema: &Value, object: &Value) -> Value {
    apply_defaults(schema, object)
}

/// Everything that is structurally wrong with `object`, in the order of its fields.
#[must_use]
pub fn structural(schema: &Value, object: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    // metadata, apiVersion and kind are checked by those who know them.
    walk(schema, object, &mut Vec::new(), &mut problems, true);
    problems
}

/// Every CEL rule that `object` (with defaults filled in) breaks, transition rules included if there is an `old` one.
#[must_use]
pub fn rules(schema: &Value, object: &Value, old: Option<&Value>) -> Vec<Problem> {
    let Err(errors) = Validator::new().validate(schema, object, old) else {
        return Vec::new();
    };
    errors
        .into_vec()
        .into_iter()
        .map(|error| Problem {
            path: steps(&error.field_path),
            message: error.message,
            cure: String::new(),
        })
        .collect()
}

/// Splits `spec.a[0].b`.
fn steps(path: &str) -> Vec<Step> {
    let mut found = Vec::new();
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        match part.strip_suffix(']').map(str::parse) {
            Some(Ok(index)) => found.push(Step::Item(index)),
            _ => found.push(Step::Field(part.trim_end_matches(']').to_owned())),
        }
    }
    found
}

fn walk(schema: &Value, value: &Value, path: &mut Vec<Step>, out: &mut Vec<Problem>, root: bool) {
    if value.is_null() {
        if schema.get("nullable") != Some(&Value::Bool(true)) {
            let cure = "give it a value, or leave the field out".to_owned();
            out.push(Problem {
                path: path.clone(),
                message: "has no value".into(),
                cure,
            });
        }
        return;
    }
    if let Some(message) = wrong_type(schema, value) {
        let cure = cure_for_type(schema, value);
        out.push(Problem {
            path: path.clone(),
            message,
            cure,
        });
        return;
    }
    bounds(schema, value, path, out);
    match value {
        Value::Object(fields) => walk_fields(schema, fields, path, out, root),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Item(index));
                walk(
                    schema.get("items").unwrap_or(&Value::Null),
                    item,
                    path,
                    out,
                    false,
                );
                path.pop();
            }
        }
        _ => {}
    }
}

fn walk_fields(
    schema: &Value,
    fields: &Map<String, Value>,
    path: &mut Vec<Step>,
    out: &mut Vec<Problem>,
    root: bool,
) {
    let empty = Map::new();
    let known = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let open = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    let values = schema.get("additionalProperties").filter(|v| v.is_object());
    for (name, value) in fields {
        if root && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        path.push(Step::Field(name.clone()));
        match known.get(name).or(values) {
            Some(schema) => walk(schema, value, path, out, false),
            None if open || schema.is_null() => {}
            None => out.push(unknown(name, known, path)),
        }
        path.pop();
    }
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let Some(name) = name.as_str().filter(|name| !fields.contains_key(*name)) else {
            continue;
        };
        let cure = format!("add {name}: … here");
        out.push(Problem {
            path: path.clone(),
            message: format!("{name} is missing"),
            cure,
        });
    }
}

fn unknown(name: &str, known: &Map<String, Value>, path: &[Step]) -> Problem {
    let near = known
        .keys()
        .map(|k| (distance(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, k)| *d <= 2.max(k.len() / 3))
        .min();
    let cure = match near {
        Some((_, near)) => format!("did you mean {near}?"),
        None => {
            let all: Vec<_> = known.keys().map(String::as_str).collect();
            format!("fields here are {}", all.join(", "))
        }
    };
    Problem {
        path: path.to_vec(),
        message: "unknown field".into(),
        cure,
    }
}

/// How many letters must be put in, left out or exchanged.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

fn wrong_type(schema: &Value, value: &Value) -> Option<String> {
    if schema.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) {
        let fits = value.is_string() || value.is_i64();
        return (!fits).then(|| format!("is {}, not a number or a string", named(value)));
    }
    let wanted = schema.get("type")?.as_str()?;
    let fits = match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => true,
    };
    (!fits).then(|| format!("is {}, not {}", named(value), article(wanted)))
}

fn named(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(b) => format!("the boolean {b}"),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) => format!("the string {s:?}"),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a mapping".into(),
    }
}

fn article(kind: &str) -> &'static str {
    match kind {
        "object" => "a mapping",
        "array" => "a list",
        "string" => "a string",
        "boolean" => "true or false",
        "integer" => "a whole number",
        _ => "a number",
    }
}

fn cure_for_type(schema: &Value, value: &Value) -> String {
    match (schema.get("type").and_then(Value::as_str), value) {
        (Some("string"), Value::Number(_) | Value::Bool(_)) => {
            format!("write it in quotes: \"{value}\"")
        }
        (Some("integer" | "number" | "boolean"), Value::String(s)) => {
            format!("write it without quotes: {s}")
        }
        _ => String::new(),
    }
}

fn bounds(schema: &Value, value: &Value, path: &[Step], out: &mut Vec<Problem>) {
    let mut say = |message: String, cure: String| {
        out.push(Problem {
            path: path.to_vec(),
            message,
            cure,
        });
    };
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let all: Vec<_> = allowed.iter().filter_map(Value::as_str).collect();
        say(
            format!("is {}", named(value)),
            format!("allowed are {}", all.join(", ")),
        );
    }
    if let (Some(number), Some(least)) = (value.as_f64(), limit(schema, "minimum"))
        && number < least
    {
        say(
            format!("is {value}, below the least allowed"),
            format!("give at least {least}"),
        );
    }
    if let (Some(number), Some(most)) = (value.as_f64(), limit(schema, "maximum"))
        && number > most
    {
        say(
            format!("is {value}, above the most allowed"),
            format!("give at most {most}"),
        );
    }
    let (size, least, most, unit) = match value {
        Value::String(s) => (s.chars().count(), "minLength", "maxLength", "characters"),
        Value::Array(a) => (a.len(), "minItems", "maxItems", "items"),
        Value::Object(o) => (o.len(), "minProperties", "maxProperties", "fields"),
        _ => return,
    };
    let size = size as f64;
    if let Some(least) = limit(schema, least).filter(|l| size < *l) {
        say(
            format!("has {size} {unit}"),
            format!("give at least {least}"),
        );
    }
    if let Some(most) = limit(schema, most).filter(|m| size > *m) {
        say(format!("has {size} {unit}"), format!("give at most {most}"));
    }
    if let (Value::String(text), Some(pattern)) =
        (value, schema.get("pattern").and_then(Value::as_str))
        && let Ok(expression) = Regex::new(pattern)
        && !expression.is_match(text)
    {
        say(
            format!("is the string {text:?}"),
            format!("it must match {pattern}"),
        );
    }
}

fn limit(schema: &Value, name: &str) -> Option<f64> {
    schema.get(name).and_then(Value::as_f64)
}
