//! Structural schemas of CustomResourceDefinitions: unknown fields, defaults, value checks, CEL rules.
//!
//! The order is the API server's: unknown fields are found, defaults filled in, values checked, rules evaluated (by the
//! library). Messages follow the API server's words so that people can search for them.

use super::refusal::Cause;
use kube::core::cel::{CompiledSchema, Validator, compile_schema};
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
    for required in super::object::strings(&schema["required"]) {
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
            let keys = super::object::strings(&schema["x-kubernetes-list-map-keys"]);
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
    let matched = regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text));
    if !matched {
        causes.push(Cause::invalid(
            path,
            value,
            &format!("{path} in body should match '{pattern}'"),
        ));
    }
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
    let keys = super::object::strings(&schema["x-kubernetes-list-map-keys"]);
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

/// Says that rules were not looked at, where the object is too wrong for them.
pub(crate) fn rules_skipped() -> Cause {
    let why = "some validation rules were not checked because the object was invalid; correct the existing errors to \
               complete validation";
    Cause::invalid("<nil>", &Value::Null, why)
}

/// The CEL rules of a schema, compiled once.
pub(crate) struct Rules {
    compiled: CompiledSchema,
}

impl Rules {
    /// The rules of a schema.
    pub(crate) fn compiled(schema: &Value) -> Self {
        Self {
            compiled: compile_schema(schema),
        }
    }

    /// Evaluates the rules; `old` is the stored object, for transition rules.
    pub(crate) fn check(&self, object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
        let Err(errors) = Validator::new().validate_compiled(&self.compiled, object, old) else {
            return;
        };
        for error in errors.into_vec() {
            let field = error.field_path.trim_start_matches('.').to_owned();
            let field = if field.is_empty() {
                "<nil>".to_owned()
            } else {
                field
            };
            let found = field.split('.').try_fold(object, |at, part| at.get(part));
            let shown = found
                .filter(|value| !value.is_null())
                .cloned()
                .unwrap_or_else(|| serde_json::json!({}));
            causes.push(match error.reason.as_deref() {
                Some("FieldValueForbidden") => Cause::forbidden(&field, &error.message),
                Some("FieldValueRequired") => Cause::required_because(&field, &error.message),
                Some("FieldValueDuplicate") => Cause::new(
                    "FieldValueDuplicate",
                    &field,
                    format!("Duplicate value: {shown}"),
                ),
                _ => Cause::against_rule(&field, &shown, &error.message),
            });
        }
    }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({"type": "object", "required": ["spec"], "properties": {
            "spec": {"type": "object", "required": ["size"],
                "x-kubernetes-validations": [{"rule": "self.members % 2 == 1", "message": "members must be odd"},
                    {"rule": "self.size == oldSelf.size", "message": "size is immutable"}],
                "properties": {
                    "members": {"type": "integer", "minimum": 1, "maximum": 7, "default": 3},
                    "size": {"type": "string", "pattern": "^[0-9]+Gi$", "maxLength": 5},
                    "mode": {"type": "string", "enum": ["A", "B"], "default": "A"},
                    "port": {"x-kubernetes-int-or-string": true},
                    "inner": {"type": "object", "default": {}, "properties": {"on": {"type": "boolean", "default": true}}},
                    "tags": {"type": "array", "maxItems": 2, "x-kubernetes-list-type": "set", "items": {"type": "string"}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}}})
    }

    /// Unknown fields, then what is wrong after defaulting.
    fn run(spec: Value, old: Option<Value>) -> (Vec<String>, Vec<String>, Value) {
        let mut object =
            json!({"apiVersion": "a/v1", "kind": "K", "metadata": {"name": "x"}, "spec": spec});
        let old = old.map(|spec| json!({"metadata": {"name": "x"}, "spec": spec}));
        let unknown = prune(&schema(), &mut object, "");
        fill_defaults(&schema(), &mut object);
        let mut causes = Vec::new();
        check(&schema(), &object, "", &mut causes);
        if causes.is_empty() {
            Rules::compiled(&schema()).check(&object, old.as_ref(), &mut causes);
        }
        (
            unknown,
            causes.iter().map(ToString::to_string).collect(),
            object["spec"].clone(),
        )
    }

    #[test]
    fn defaults() {
        let (_, causes, spec) = run(json!({"size": "1Gi", "mode": null}), None);
        assert_eq!(causes, Vec::<String>::new());
        assert_eq!(
            spec,
            json!({"size": "1Gi", "members": 3, "mode": "A", "inner": {"on": true}})
        );
    }

    #[test]
    fn unknown_fields_are_named_with_their_place() {
        let (unknown, _, spec) = run(
            json!({"size": "1Gi", "memers": 3, "inner": {"of": 1}, "labels": {"a": "b"}}),
            None,
        );
        assert_eq!(unknown, ["spec.inner.of", "spec.memers"]);
        assert_eq!(spec["labels"], json!({"a": "b"}));
    }

    #[test]
    fn wrong_values() {
        let table = [
            (json!({}), "spec.size: Required value"),
            (
                json!({"size": "1Gi", "members": "3"}),
                "spec.members: Invalid value: \"string\": spec.members in body must be of type integer: \"string\"",
            ),
            (
                json!({"size": "1Gi", "members": 9}),
                "spec.members: Invalid value: 9: spec.members in body should be less than or equal to 7",
            ),
            (
                json!({"size": "1Gi", "members": 2}),
                "spec: Invalid value: members must be odd",
            ),
            (
                json!({"size": "big"}),
                "spec.size: Invalid value: \"big\": spec.size in body should match '^[0-9]+Gi$'",
            ),
            (
                json!({"size": "1Gi", "mode": "C"}),
                "spec.mode: Unsupported value: \"C\": supported values: \"A\", \"B\"",
            ),
            (
                json!({"size": "1Gi", "tags": ["a", "a"]}),
                "spec.tags[1]: Duplicate value: \"a\"",
            ),
            (
                json!({"size": "1Gi", "tags": ["a", "b", "c"]}),
                "spec.tags: Too many: 3: must have at most 2 items",
            ),
        ];
        for (spec, want) in table {
            assert_eq!(run(spec.clone(), None).1, [want], "{spec}");
        }
    }

    #[test]
    fn transition_rules_see_the_old_object() {
        assert_eq!(
            run(
                json!({"size": "2Gi"}),
                Some(json!({"size": "2Gi", "members": 3}))
            )
            .1,
            Vec::<String>::new()
        );
        let (_, causes, _) = run(
            json!({"size": "2Gi"}),
            Some(json!({"size": "1Gi", "members": 3})),
        );
        assert_eq!(causes, ["spec: Invalid value: size is immutable"]);
    }
}
