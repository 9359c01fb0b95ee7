//! CEL rules.

use super::super::refusal::Cause;
use kube::core::cel::{CompiledSchema, Validator, compile_schema};
use serde_json::Value;

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
