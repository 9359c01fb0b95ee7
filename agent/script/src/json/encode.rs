//! From Lua to JSON.

use mlua::{Table, Value};

use super::settings::{Invalid, Settings};
use crate::NESTING_MAX;
use crate::argument::{Arguments, type_name};
use crate::number::general;

pub(super) fn encode(
    args: &Arguments<'_>,
    value: &Value,
    settings: &Settings,
) -> mlua::Result<Vec<u8>> {
    let mut encoder = Encoder {
        args,
        settings,
        json: Vec::new(),
    };
    encoder.value(value, 0)?;
    Ok(encoder.json)
}

struct Encoder<'a> {
    args: &'a Arguments<'a>,
    settings: &'a Settings,
    json: Vec<u8>,
}

impl Encoder<'_> {
    fn value(&mut self, value: &Value, depth: usize) -> mlua::Result<()> {
        match value {
            Value::String(string) => self.string(&string.as_bytes()),
            Value::Integer(number) => self.number(*number as f64)?,
            Value::Number(number) => self.number(*number)?,
            Value::Boolean(true) => self.json.extend_from_slice(b"true"),
            Value::Boolean(false) => self.json.extend_from_slice(b"false"),
            Value::Table(table) => self.table(table, depth + 1)?,
            Value::Nil => self.json.extend_from_slice(b"null"),
            other if other.is_null() => self.json.extend_from_slice(b"null"),
            other => return Err(self.cannot(other, "type not supported")),
        }
        Ok(())
    }

    fn cannot(&self, value: &Value, why: &str) -> mlua::Error {
        let kind = type_name(value);
        self.args.error(format!("Cannot serialise {kind}: {why}"))
    }

    fn string(&mut self, bytes: &[u8]) {
        self.json.push(b'"');
        for byte in bytes {
            let short = match byte {
                b'"' => b'"',
                b'\\' => b'\\',
                b'/' => b'/',
                0x08 => b'b',
                b'\t' => b't',
                b'\n' => b'n',
                0x0c => b'f',
                b'\r' => b'r',
                0..=0x1f | 0x7f => {
                    let escape = format!("\\u{byte:04x}");
                    self.json.extend_from_slice(escape.as_bytes());
                    continue;
                }
                other => {
                    self.json.push(*other);
                    continue;
                }
            };
            self.json.extend_from_slice(&[b'\\', short]);
        }
        self.json.push(b'"');
    }

    fn number(&mut self, number: f64) -> mlua::Result<()> {
        if !number.is_finite() {
            match self.settings.encode_invalid {
                Invalid::Refused => {
                    let value = Value::Number(number);
                    return Err(self.cannot(&value, "must not be NaN or Inf"));
                }
                Invalid::Written if number.is_nan() => {
                    self.json.extend_from_slice(b"nan");
                    return Ok(());
                }
                Invalid::Written => {}
                Invalid::Null => {
                    self.json.extend_from_slice(b"null");
                    return Ok(());
                }
            }
        }
        let text = general(number, self.settings.precision as usize);
        self.json.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn table(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        if depth > self.settings.encode_depth_max as usize || depth > NESTING_MAX {
            let text = format!("Cannot serialise, excessive nesting ({depth})");
            return Err(self.args.error(text));
        }
        match self.list_length(table)? {
            Some(length) if length > 0 => self.array(table, length, depth),
            _ => self.object(table, depth),
        }
    }

    /// The greatest index, if all keys are indices, and it is not too great for how many there are.
    fn list_length(&self, table: &Table) -> mlua::Result<Option<usize>> {
        let (mut greatest, mut count) = (0.0_f64, 0_u64);
        for pair in table.pairs::<Value, Value>() {
            let key = match pair?.0 {
                Value::Integer(number) => number as f64,
                Value::Number(number) => number,
                _ => return Ok(None),
            };
            if key < 1.0 || key.fract() != 0.0 || !key.is_finite() {
                return Ok(None);
            }
            greatest = greatest.max(key);
            count += 1;
        }
        let (ratio, safe) = (self.settings.sparse_ratio, self.settings.sparse_safe);
        let is_sparse =
            ratio > 0 && greatest > count as f64 * f64::from(ratio) && greatest > f64::from(safe);
        if is_sparse {
            return if self.settings.converts_sparse {
                Ok(None)
            } else {
                let value = Value::Table(table.clone());
                Err(self.cannot(&value, "excessively sparse array"))
            };
        }
        Ok(Some(greatest as usize))
    }

    fn array(&mut self, table: &Table, length: usize, depth: usize) -> mlua::Result<()> {
        self.json.push(b'[');
        for index in 1..=length {
            if index > 1 {
                self.json.push(b',');
            }
            self.bounded(index)?;
            self.value(&table.raw_get(index)?, depth)?;
        }
        self.json.push(b']');
        Ok(())
    }

    fn object(&mut self, table: &Table, depth: usize) -> mlua::Result<()> {
        self.json.push(b'{');
        let mut is_first = true;
        for pair in table.pairs::<Value, Value>() {
            let (key, value) = pair?;
            if !std::mem::take(&mut is_first) {
                self.json.push(b',');
            }
            match &key {
                Value::String(name) => self.string(&name.as_bytes()),
                Value::Integer(_) | Value::Number(_) => {
                    self.json.push(b'"');
                    self.value(&key, depth)?;
                    self.json.push(b'"');
                }
                _ => return Err(self.cannot(&key, "table key must be a number or string")),
            }
            self.json.push(b':');
            self.value(&value, depth)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    /// A list with holes may be very long, and hold nothing.
    fn bounded(&self, index: usize) -> mlua::Result<()> {
        const ELEMENTS: usize = 1 << 14;
        if index.is_multiple_of(ELEMENTS) {
            crate::sandbox::looked()?;
        }
        if self.json.len() > crate::MEMORY_BYTES_MAX {
            return Err(mlua::Error::MemoryError(String::new()));
        }
        Ok(())
    }
}
