//! What a command answered, as a script sees it.
//!
//! <https://redis.io/docs/latest/develop/interact/programmability/lua-api/#data-type-conversion>

use mlua::{Lua, Table, Value};
use synod_cache::reply::Reply;

use crate::raised::{self, with_code};

/// No command answers anything that nests so deeply.
const NESTING_MAX: usize = 64;

/// The first of what was answered.
pub(crate) fn value(lua: &Lua, reply: &Reply) -> mlua::Result<Value> {
    let whole;
    let bytes = if reply.shared().is_empty() {
        reply.bytes()
    } else {
        whole = reply.to_vec();
        &whole
    };
    let mut reader = Reader {
        lua,
        bytes,
        depth: 0,
    };
    Ok(reader.value()?.unwrap_or(Value::Nil))
}

struct Reader<'a> {
    lua: &'a Lua,
    bytes: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    /// The next value, if there is one.
    fn value(&mut self) -> mlua::Result<Option<Value>> {
        let Some((kind, text)) = self.line() else {
            return Ok(None);
        };
        let length = || std::str::from_utf8(text).ok()?.parse::<usize>().ok();
        let value = match kind {
            b':' => Value::Number(number(text)),
            b'$' => match length() {
                Some(length) => self.string(length)?,
                None => Value::Boolean(false),
            },
            b'+' => self.field("ok", self.text(text)?)?,
            b'-' => Value::Table(raised::table(self.lua, &error(text), true)?),
            b'*' | b'>' => match length() {
                Some(length) => self.array(length)?,
                None => Value::Boolean(false),
            },
            b'%' => self.map(length().unwrap_or(0))?,
            b'~' => self.set(length().unwrap_or(0))?,
            b'_' => Value::Nil,
            b'#' => Value::Boolean(text == b"t"),
            b',' => self.field("double", Value::Number(number(text)))?,
            b'(' => self.field("big_number", self.text(text)?)?,
            b'=' => self.verbatim(length().unwrap_or(0))?,
            _ => Value::Nil,
        };
        Ok(Some(value))
    }

    /// The next line: its first byte, and the rest.
    fn line(&mut self) -> Option<(u8, &'a [u8])> {
        let end = self.bytes.iter().position(|byte| *byte == b'\r')?;
        let line = &self.bytes[..end];
        self.bytes = self.bytes.get(end + 2..)?;
        line.split_first().map(|(kind, text)| (*kind, text))
    }

    fn text(&self, bytes: &[u8]) -> mlua::Result<Value> {
        self.lua.create_string(bytes).map(Value::String)
    }

    fn bytes(&mut self, length: usize) -> &'a [u8] {
        let length = length.min(self.bytes.len());
        let (bytes, rest) = self.bytes.split_at(length);
        self.bytes = rest.get(2..).unwrap_or_default();
        bytes
    }

    fn string(&mut self, length: usize) -> mlua::Result<Value> {
        let bytes = self.bytes(length);
        self.text(bytes)
    }

    fn verbatim(&mut self, length: usize) -> mlua::Result<Value> {
        let bytes = self.bytes(length);
        let (format, text) = bytes.split_at(bytes.len().min(3));
        let table = self.lua.create_table()?;
        table.raw_set("format", self.text(format)?)?;
        table.raw_set("string", self.text(text.get(1..).unwrap_or_default())?)?;
        self.field("verbatim_string", Value::Table(table))
    }

    /// A table with but this.
    fn field(&self, name: &str, value: Value) -> mlua::Result<Value> {
        let table = self.lua.create_table()?;
        table.raw_set(name, value)?;
        Ok(Value::Table(table))
    }

    fn deeper<R>(&mut self, work: impl FnOnce(&mut Self) -> mlua::Result<R>) -> mlua::Result<R> {
        if self.depth == NESTING_MAX {
            return Err(mlua::Error::StackError);
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        done
    }

    fn array(&mut self, length: usize) -> mlua::Result<Value> {
        // What is not there takes no memory.
        let table = self
            .lua
            .create_table_with_capacity(length.min(self.bytes.len()), 0)?;
        self.deeper(|reader| {
            for index in 1..=length {
                match reader.value()? {
                    Some(value) => table.raw_seti(index, value)?,
                    None => break,
                }
            }
            Ok(())
        })?;
        Ok(Value::Table(table))
    }

    fn map(&mut self, length: usize) -> mlua::Result<Value> {
        let table = self.lua.create_table()?;
        self.deeper(|reader| {
            for _ in 0..length {
                let (Some(key), Some(value)) = (reader.value()?, reader.value()?) else {
                    break;
                };
                put(&table, key, value)?;
            }
            Ok(())
        })?;
        self.field("map", Value::Table(table))
    }

    fn set(&mut self, length: usize) -> mlua::Result<Value> {
        let table = self.lua.create_table()?;
        self.deeper(|reader| {
            for _ in 0..length {
                let Some(key) = reader.value()? else { break };
                put(&table, key, Value::Boolean(true))?;
            }
            Ok(())
        })?;
        self.field("set", Value::Table(table))
    }
}

/// Under nothing there can be nothing.
fn put(table: &Table, key: Value, value: Value) -> mlua::Result<()> {
    match key {
        Value::Nil => Ok(()),
        Value::Number(number) if number.is_nan() => Ok(()),
        key => table.raw_set(key, value),
    }
}

fn number(text: &[u8]) -> f64 {
    crate::number::leading(text).map_or(0.0, |(number, _)| number)
}

fn error(text: &[u8]) -> Vec<u8> {
    with_code([b"-", text].concat())
}
