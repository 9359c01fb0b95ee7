//! One field that kept an object from being stored, in the words of the Kubernetes API.

use serde_json::{Value, json};

/// One field that kept an object from being stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Machine-readable reason, for example `FieldValueInvalid`.
    pub reason: &'static str,
    /// Path of the field, for example `spec.members`.
    pub field: String,
    /// What is wrong, without the path.
    pub message: String,
}

impl Cause {
    /// A value that is outside what its field allows.
    pub fn invalid(field: &str, value: &Value, why: &str) -> Self {
        let message = format!("Invalid value: {value}: {why}");
        Self::new("FieldValueInvalid", field, message)
    }

    /// A value that breaks a rule; only what is short is shown.
    pub fn against_rule(field: &str, value: &Value, why: &str) -> Self {
        if value.is_object() || value.is_array() {
            return Self::new("FieldValueInvalid", field, format!("Invalid value: {why}"));
        }
        Self::invalid(field, value, why)
    }

    /// A value that is none of those that there are.
    pub fn unsupported(field: &str, value: &Value, supported: &[&str]) -> Self {
        let listed: Vec<_> = supported
            .iter()
            .map(|value| format!("\"{value}\""))
            .collect();
        let message = format!(
            "Unsupported value: {value}: supported values: {}",
            listed.join(", ")
        );
        Self::new("FieldValueNotSupported", field, message)
    }

    /// A field that may not change once it is set.
    pub fn immutable(field: &str, value: &Value) -> Self {
        Self::invalid(field, value, "field is immutable")
    }

    /// A field that must be there and is not.
    pub fn required(field: &str) -> Self {
        Self::new("FieldValueRequired", field, "Required value".to_owned())
    }

    /// A required field, with a word on what is asked for.
    pub fn required_because(field: &str, why: &str) -> Self {
        Self::new(
            "FieldValueRequired",
            field,
            format!("Required value: {why}"),
        )
    }

    /// A change that the field does not permit.
    pub fn forbidden(field: &str, why: &str) -> Self {
        Self::new("FieldValueForbidden", field, format!("Forbidden: {why}"))
    }

    pub(in super::super) fn new(reason: &'static str, field: &str, message: String) -> Self {
        Self {
            reason,
            field: field.to_owned(),
            message,
        }
    }
}

impl Cause {
    pub(super) fn to_json(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }

    /// Whether rules are not evaluated where this is wrong: they could not rely on the value being what it should be.
    pub(crate) fn blocks_rules(&self) -> bool {
        matches!(
            self.reason,
            "FieldValueNotSupported"
                | "FieldValueRequired"
                | "FieldValueTooLong"
                | "FieldValueTooMany"
                | "FieldValueTypeInvalid"
        )
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}
