//! Lengths of time as Kubernetes writes them: `500ms`, `4s`, `2m`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What a span looks like: a whole number and a unit.
const PATTERN: &str = "^[0-9]+(ms|s|m|h)$";

/// A length of time, always a string here: a whole number and one unit of `ms`, `s`, `m` and `h`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub String);

/// Why a text is no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no length of time: write a whole number and a unit, such as 500ms, 4s or 2m")]
pub struct SpanError(pub String);

impl Span {
    /// The length in milliseconds.
    ///
    /// # Errors
    /// When the text is no span or does not fit into 32 bits, which are 49 days.
    pub fn millis(&self) -> Result<u32, SpanError> {
        let wrong = || SpanError(self.0.clone());
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = self.0.split_at(digits);
        let unit_ms = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(wrong()),
        };
        let number: u32 = number.parse().map_err(|_| wrong())?;
        number.checked_mul(unit_ms).ok_or_else(wrong)
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN, "maxLength": 16 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds() {
        for (text, want) in [
            ("0s", Some(0)),
            ("500ms", Some(500)),
            ("4s", Some(4000)),
            ("2m", Some(120_000)),
            ("24h", Some(86_400_000)),
            ("1193h", Some(4_294_800_000)),
            ("1194h", None),
            ("4", None),
            ("s", None),
            ("", None),
            ("-4s", None),
            ("+4s", None),
            ("1.5s", None),
            ("1m30s", None),
            ("4 s", None),
            ("99999999999s", None),
        ] {
            assert_eq!(Span::from(text).millis().ok(), want, "{text}");
        }
    }
}
