//! What values may be.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;
use serde_json::{Map, Value};

use super::super::object;
use super::super::refusal::Cause;
use super::join;

/// Checks all values against the schema.
pub(crate) fn check(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    if !check_type(schema, value, path, causes) {
        return;
    }
    check_enum(schema, value, path, causes);
    match value {
        Value::Object(fields) => check_object(schema, value, fields, path, causes),
        Value::Array(items) => check_array(schema, value, items, path, causes),
        Value::String(text) => check_string(schema, value, text, path, causes),
        Value::Number(_) => check_number(schema, value, path, causes),
        _ => {}
    }
    check_junctions(schema, value, path, causes);
}

fn check_type(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) -> bool {
    let whole = |value: &Value| {
        value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
    };
    if schema["x-kubernetes-int-or-string"] == true {
        let good = value.is_string() || (value.is_number() && whole(value));
        if !good {
            causes.push(wrong_type(path, "integer,string", value));
        }
        return good;
    }
    let Some(expected) = schema["type"].as_str() else {
        return true;
    };
    let good = match expected {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_number() && whole(value),
        "number" => value.is_number(),
        _ => true,
    };
    if !good {
        causes.push(wrong_type(path, expected, value));
    }
    good
}

fn wrong_type(path: &str, expected: &str, value: &Value) -> Cause {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let message = format!(
        "Invalid value: \"{found}\": {path} in body must be of type {expected}: \"{found}\""
    );
    Cause::new("FieldValueTypeInvalid", path, message)
}

fn check_enum(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let Some(allowed) = schema["enum"].as_array() else {
        return;
    };
    if !allowed.contains(value) {
        let listed: Vec<_> = allowed.iter().map(ToString::to_string).collect();
        let message = format!(
            "Unsupported value: {value}: supported values: {}",
            listed.join(", ")
        );
        causes.push(Cause::new("FieldValueNotSupported", path, message));
    }
}

fn check_object(
    schema: &Value,
    value: &Value,
    fields: &Map<String, Value>,
    path: &str,
    causes: &mut Vec<Cause>,
) {
    for required in object::strings(&schema["required"]) {
        if !fields.contains_key(required) {
            causes.push(Cause::required(&join(path, required)));
        }
    }
    too_many(schema, "maxProperties", fields.len(), path, causes);
    bound(
        schema,
        "minProperties",
        fields.len(),
        true,
        value,
        path,
        "properties",
        causes,
    );
    for (name, child) in fields {
        let below = join(path, name);
        match schema["properties"].get(name) {
            Some(schema) => check(schema, child, &below, causes),
            None if schema["additionalProperties"].is_object() => {
                check(&schema["additionalProperties"], child, &below, causes)
            }
            None => {}
        }
    }
}

fn check_array(
    schema: &Value,
    value: &Value,
    items: &[Value],
    path: &str,
    causes: &mut Vec<Cause>,
) {
    too_many(schema, "maxItems", items.len(), path, causes);
    bound(
        schema,
        "minItems",
        items.len(),
        true,
        value,
        path,
        "items",
        causes,
    );
    for (index, item) in items.iter().enumerate() {
        let below = format!("{path}[{index}]");
        check(&schema["items"], item, &below, causes);
        let twin = items[..index]
            .iter()
            .any(|other| same_entry(schema, other, item));
        if twin {
            let shown = shown_twin(schema, item);
            causes.push(Cause::new(
                "FieldValueDuplicate",
                &below,
                format!("Duplicate value: {shown}"),
            ));
        }
    }
}

/// Whether two items of a set, or of a list keyed like a map, are the same entry.
fn same_entry(schema: &Value, one: &Value, other: &Value) -> bool {
    match schema["x-kubernetes-list-type"].as_str() {
        Some("set") => one == other,
        Some("map") => {
            let keys = object::strings(&schema["x-kubernetes-list-map-keys"]);
            !keys.is_empty() && keys.iter().all(|key| one[*key] == other[*key])
        }
        _ => false,
    }
}

fn check_string(schema: &Value, value: &Value, text: &str, path: &str, causes: &mut Vec<Cause>) {
    let length = text.chars().count();
    if let Some(limit) = schema["maxLength"]
        .as_u64()
        .filter(|limit| length as u64 > *limit)
    {
        let message = format!("Too long: may not be more than {limit} bytes");
        causes.push(Cause::new("FieldValueTooLong", path, message));
    }
    if let Some(limit) = schema["minLength"]
        .as_u64()
        .filter(|limit| (length as u64) < *limit)
    {
        let why = format!("{path} in body should be at least {limit} chars long");
        causes.push(Cause::invalid(path, value, &why));
    }
    if schema["format"] == "date-time" && text.parse::<jiff::Timestamp>().is_err() {
        let message =
            format!("Invalid value: {value}: {path} in body must be of type date-time: {value}");
        causes.push(Cause::new("FieldValueTypeInvalid", path, message));
    }
    let Some(pattern) = schema["pattern"].as_str() else {
        return;
    };
    if !matches(pattern, text) {
        causes.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body should match '{pattern}'"),
        ));
    }
}

/// Whether the text has what the pattern describes; a pattern that is none describes nothing.
fn matches(pattern: &str, text: &str) -> bool {
    /// Patterns of all definitions; whoever defines more waits for them to be read anew.
    const KEPT_MAX: usize = 256;
    thread_local! {
        static KEPT: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
    }
    KEPT.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(pattern) {
            return known.as_ref().is_some_and(|known| known.is_match(text));
        }
        if kept.len() == KEPT_MAX {
            kept.clear();
        }
        let read = Regex::new(pattern).ok();
        let matched = read.as_ref().is_some_and(|read| read.is_match(text));
        kept.insert(pattern.to_owned(), read);
        matched
    })
}

fn check_number(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let Some(number) = value.as_f64() else { return };
    if let Some(least) = schema["minimum"].as_f64() {
        let exclusive = schema["exclusiveMinimum"] == true;
        if number < least || (exclusive && number <= least) {
            let or_equal = if exclusive { "" } else { " or equal to" };
            causes.push(Cause::invalid(
                path,
                value,
                &format!("{path} in body should be greater than{or_equal} {least}"),
            ));
        }
    }
    if let Some(most) = schema["maximum"].as_f64() {
        let exclusive = schema["exclusiveMaximum"] == true;
        if number > most || (exclusive && number >= most) {
            let or_equal = if exclusive { "" } else { " or equal to" };
            causes.push(Cause::invalid(
                path,
                value,
                &format!("{path} in body should be less than{or_equal} {most}"),
            ));
        }
    }
    if let Some(step) = schema["multipleOf"].as_f64().filter(|step| *step > 0.0)
        && (number / step).fract() != 0.0
    {
        causes.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body should be a multiple of {step}"),
        ));
    }
}

fn too_many(schema: &Value, keyword: &str, found: usize, path: &str, causes: &mut Vec<Cause>) {
    if let Some(limit) = schema[keyword]
        .as_u64()
        .filter(|limit| found as u64 > *limit)
    {
        let message = format!("Too many: {found}: must have at most {limit} items");
        causes.push(Cause::new("FieldValueTooMany", path, message));
    }
}

/// A twin as it is shown: of a list keyed like a map, the keys.
fn shown_twin(schema: &Value, item: &Value) -> Value {
    if schema["x-kubernetes-list-type"] != "map" {
        return item.clone();
    }
    let keys = object::strings(&schema["x-kubernetes-list-map-keys"]);
    keys.into_iter()
        .map(|key| (key.to_owned(), item[key].clone()))
        .collect::<Map<_, _>>()
        .into()
}

#[allow(
    clippy::too_many_arguments,
    reason = "one row of the bounds a schema can state"
)]
fn bound(
    schema: &Value,
    keyword: &str,
    found: usize,
    least: bool,
    value: &Value,
    path: &str,
    what: &str,
    causes: &mut Vec<Cause>,
) {
    let Some(limit) = schema[keyword].as_u64() else {
        return;
    };
    let found = found as u64;
    let (broken, side) = if least {
        (found < limit, "at least")
    } else {
        (found > limit, "at most")
    };
    if broken {
        let why = format!("{path} in body should have {side} {limit} {what}");
        causes.push(Cause::invalid(path, value, &why));
    }
}

fn check_junctions(schema: &Value, value: &Value, path: &str, causes: &mut Vec<Cause>) {
    let passes = |schema: &Value| {
        let mut inner = Vec::new();
        check(schema, value, path, &mut inner);
        inner.is_empty()
    };
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(part, value, path, causes);
    }
    let any = schema["anyOf"].as_array();
    if any.is_some_and(|parts| !parts.iter().any(passes)) {
        causes.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body must validate at least one schema (anyOf)"),
        ));
    }
    let one = schema["oneOf"].as_array();
    if one.is_some_and(|parts| parts.iter().filter(|part| passes(part)).count() != 1) {
        causes.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body must validate one and only one schema (oneOf)"),
        ));
    }
    if schema["not"].is_object() && passes(&schema["not"]) {
        causes.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body must not validate the schema (not)"),
        ));
    }
}
