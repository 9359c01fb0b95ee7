//! Amounts as Kubernetes writes them: `10Gi`, `500m`, `2`.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// What a quantity looks like: a decimal number and an optional suffix.
const PATTERN: &str = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$";

/// An amount as Kubernetes writes it, always a string here: `10Gi` of bytes, `500m` of a CPU.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantity(pub String);

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no quantity: write a number and a suffix, such as 10Gi or 500m")]
pub struct QuantityError(pub String);

impl Quantity {
    /// The amount in whole units (bytes, for storage), rounded down.
    ///
    /// # Errors
    /// When the text is no quantity or does not fit into 64 bits.
    pub fn whole(&self) -> Result<u64, QuantityError> {
        let wrong = || QuantityError(self.0.clone());
        let split = self
            .0
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(self.0.len());
        let (digits, suffix) = self.0.split_at(split);
        let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let (times, divided) = factor(suffix).ok_or_else(wrong)?;
        if integer.is_empty() || fraction.contains('.') || fraction.len() > 18 {
            return Err(wrong());
        }
        let scale = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
        let all: u128 = format!("{integer}{fraction}")
            .parse()
            .map_err(|_| wrong())?;
        let product = all.checked_mul(times).ok_or_else(wrong)?;
        u64::try_from(product / divided / scale).map_err(|_| wrong())
    }
}

/// What a suffix multiplies and divides by.
fn factor(suffix: &str) -> Option<(u128, u128)> {
    Some(match suffix {
        "m" => (1, 1000),
        "" => (1, 1),
        "k" => (1000, 1),
        "M" => (1000_u128.pow(2), 1),
        "G" => (1000_u128.pow(3), 1),
        "T" => (1000_u128.pow(4), 1),
        "P" => (1000_u128.pow(5), 1),
        "E" => (1000_u128.pow(6), 1),
        "Ki" => (1 << 10, 1),
        "Mi" => (1 << 20, 1),
        "Gi" => (1 << 30, 1),
        "Ti" => (1 << 40, 1),
        "Pi" => (1 << 50, 1),
        "Ei" => (1 << 60, 1),
        _ => return None,
    })
}

impl From<&str> for Quantity {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN, "maxLength": 32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_units() {
        for (text, want) in [
            ("0", Some(0)),
            ("10Gi", Some(10 << 30)),
            ("1.5Ki", Some(1536)),
            ("500m", Some(0)),
            ("2500m", Some(2)),
            ("3k", Some(3000)),
            ("16Ei", None),
            ("Gi", None),
            ("", None),
            ("-1", None),
            ("1.2.3", None),
            ("1 Gi", None),
            ("99999999999999999999999999999999999999999", None),
        ] {
            assert_eq!(Quantity::from(text).whole().ok(), want, "{text}");
        }
    }
}
