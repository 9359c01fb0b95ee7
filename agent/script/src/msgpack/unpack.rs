//! From MessagePack to Lua.

use mlua::{Lua, MultiValue, Table, Value};

use crate::NESTING_MAX;
use crate::argument::Arguments;
use crate::raised;

/// A function returns so many values at most.
const VALUES_MAX: usize = 7_900;

/// All that is there.
pub(super) fn unpack(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    let args = Arguments::new(lua, &values);
    full(&args, None, 0)
}

/// One, and where the next begins, or -1.
pub(super) fn unpack_one(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    let args = Arguments::new(lua, &values);
    let offset = args.integer_or(2, 0)?;
    full(&args, Some(1), offset)
}

/// So many, and where the next begins, or -1.
pub(super) fn unpack_limit(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    let args = Arguments::new(lua, &values);
    let limit = args.integer(2)?;
    let offset = args.integer_or(3, 0)?;
    full(&args, Some(limit), offset)
}

fn full(args: &Arguments<'_>, limit: Option<i64>, offset: i64) -> mlua::Result<MultiValue> {
    let bytes = args.string(1)?;
    let bytes = bytes.as_bytes();
    let length = bytes.len();
    let is_negative = offset < 0 || limit.is_some_and(|limit| limit < 0);
    if is_negative {
        return Err(args.error(format!(
            "Invalid request to unpack with offset of {offset} and limit of {length}."
        )));
    }
    // No limit and no offset is all of it.
    let limit = limit.filter(|limit| *limit > 0 || offset > 0);
    let start = offset as usize;
    if start > length {
        let text = format!("Start offset {offset} greater than input length {length}.");
        return Err(args.error(text));
    }
    let mut reader = Reader {
        lua: args.lua,
        rest: &bytes[start..],
        depth: 0,
    };
    let mut found = Vec::new();
    while !reader.rest.is_empty() && limit.is_none_or(|limit| (found.len() as i64) < limit) {
        if found.len() == VALUES_MAX {
            let why = "too many return values at once; use unpack_one or unpack_limit instead.";
            return Err(args.error(format!("stack overflow ({why})")));
        }
        found.push(reader.value().map_err(|wrong| wrong.told(args))?);
    }
    if limit.is_some() {
        let next = match reader.rest.len() {
            0 => -1,
            rest => (length - rest) as i64,
        };
        found.insert(0, Value::Integer(next));
    }
    Ok(MultiValue::from_vec(found))
}

/// Why there is no value.
enum Wrong {
    Missing,
    Format,
    Deep,
    Lua(mlua::Error),
}

impl Wrong {
    fn told(self, args: &Arguments<'_>) -> mlua::Error {
        match self {
            Self::Missing => args.error("Missing bytes in input."),
            Self::Format => args.error("Bad data format in input."),
            Self::Deep => args.error("stack overflow (in function mp_decode_to_lua_type)"),
            Self::Lua(error) => error,
        }
    }
}

impl From<mlua::Error> for Wrong {
    fn from(error: mlua::Error) -> Self {
        Self::Lua(error)
    }
}

struct Reader<'a> {
    lua: &'a Lua,
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(Wrong::Missing)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn unsigned(&mut self, count: usize) -> Result<u64, Wrong> {
        let bytes = self.bytes(count)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&mut self, count: usize) -> Result<i64, Wrong> {
        let unused = 64 - 8 * count as u32;
        Ok((self.unsigned(count)? as i64) << unused >> unused)
    }

    fn value(&mut self) -> Result<Value, Wrong> {
        let tag = self.bytes(1)?[0];
        Ok(match tag {
            0x00..=0x7f => Value::Integer(i64::from(tag)),
            0xe0..=0xff => Value::Integer(i64::from(tag as i8)),
            0x80..=0x8f => self.map(usize::from(tag & 0x0f))?,
            0x90..=0x9f => self.array(usize::from(tag & 0x0f))?,
            0xa0..=0xbf => self.string(usize::from(tag & 0x1f))?,
            0xc0 => Value::Nil,
            0xc2 => Value::Boolean(false),
            0xc3 => Value::Boolean(true),
            0xca => {
                let bits = self.unsigned(4)? as u32;
                Value::Number(f64::from(f32::from_bits(bits)))
            }
            0xcb => Value::Number(f64::from_bits(self.unsigned(8)?)),
            0xcc..=0xcf => Value::Number(self.unsigned(1 << (tag - 0xcc))? as f64),
            0xd0..=0xd3 => Value::Number(self.signed(1 << (tag - 0xd0))? as f64),
            0xd9..=0xdb => {
                let length = self.unsigned(1 << (tag - 0xd9))?;
                self.string(length as usize)?
            }
            0xdc | 0xdd => {
                let count = self.unsigned(2 << (tag - 0xdc))?;
                self.array(count as usize)?
            }
            0xde | 0xdf => {
                let count = self.unsigned(2 << (tag - 0xde))?;
                self.map(count as usize)?
            }
            _ => return Err(Wrong::Format),
        })
    }

    fn string(&mut self, length: usize) -> Result<Value, Wrong> {
        let bytes = self.bytes(length)?;
        Ok(Value::String(self.lua.create_string(bytes)?))
    }

    fn table(
        &mut self,
        fill: impl FnOnce(&mut Self, &Table) -> Result<(), Wrong>,
    ) -> Result<Value, Wrong> {
        if self.depth == NESTING_MAX {
            return Err(Wrong::Deep);
        }
        self.depth += 1;
        let table = self.lua.create_table()?;
        fill(self, &table)?;
        self.depth -= 1;
        Ok(Value::Table(table))
    }

    fn array(&mut self, count: usize) -> Result<Value, Wrong> {
        self.table(|reader, table| {
            for index in 1..=count {
                let value = reader.value()?;
                table.raw_seti(index, value)?;
            }
            Ok(())
        })
    }

    fn map(&mut self, count: usize) -> Result<Value, Wrong> {
        self.table(|reader, table| {
            for _ in 0..count {
                let (key, value) = (reader.value()?, reader.value()?);
                match key {
                    Value::Nil => return Err(raised::text("table index is nil").into()),
                    Value::Number(number) if number.is_nan() => {
                        return Err(raised::text("table index is NaN").into());
                    }
                    key => table.raw_set(key, value)?,
                }
            }
            Ok(())
        })
    }
}
