//! Structural schemas of CustomResourceDefinitions: unknown fields, defaults, value checks, CEL rules.
//!
//! The order is the API server's: unknown fields are found, defaults filled in, values checked, rules evaluated (by the
//! library). Messages follow the API server's words so that people can search for them.

mod fields;
mod rules;
mod values;

pub(crate) use fields::{fill_defaults, prune};
pub(crate) use rules::{Rules, rules_skipped};
pub(crate) use values::check;

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
    use serde_json::{Value, json};

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
