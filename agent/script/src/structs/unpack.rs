//! From bytes to Lua.

use mlua::{Lua, MultiValue, Value};

use super::format::{Format, Item, Kind};
use crate::argument::Arguments;

/// A function returns so many values at most.
const VALUES_MAX: usize = 7_900;

/// What is in the bytes, and where what is behind it begins.
pub(super) fn unpack(lua: &Lua, values: MultiValue) -> mlua::Result<MultiValue> {
    let args = Arguments::new(lua, &values);
    let (text, data) = (args.string(1)?, args.string(2)?);
    let (text, data) = (text.as_bytes(), data.as_bytes());
    let position = args.integer_or(3, 1)? as i32;
    let Some(mut at) = position
        .checked_sub(1)
        .and_then(|at| usize::try_from(at).ok())
    else {
        return Err(args.wrong(3, "offset must be 1 or greater"));
    };
    let mut format = Format::new(&text);
    let mut found: Vec<Value> = Vec::new();
    while let Some(item) = format.next(&args, at)? {
        at = at.saturating_add(item.padding);
        let short = || args.wrong(2, "data string too short");
        let rest = data.get(at..).ok_or_else(short)?;
        let bytes = rest.get(..item.size).ok_or_else(short)?;
        if found.len() == VALUES_MAX {
            return Err(args.error("stack overflow (too many results)"));
        }
        let used = match item.kind {
            Kind::Text if item.size == 0 => {
                let length = length(&args, found.pop())?;
                let bytes = rest.get(..length).ok_or_else(short)?;
                found.push(Value::String(lua.create_string(bytes)?));
                length
            }
            Kind::Terminated => {
                let end = rest.iter().position(|byte| *byte == 0);
                let end = end.ok_or_else(|| args.error("unfinished string in data"))?;
                found.push(Value::String(lua.create_string(&rest[..end])?));
                end + 1
            }
            _ => {
                found.extend(one(&args, &item, bytes)?);
                item.size
            }
        };
        at += used;
    }
    found.push(Value::Number((at + 1) as f64));
    Ok(MultiValue::from_vec(found))
}

/// A length that was read as a number before.
fn length(args: &Arguments<'_>, before: Option<Value>) -> mlua::Result<usize> {
    let number = match before {
        Some(Value::Number(number)) => Some(number),
        Some(Value::Integer(number)) => Some(number as f64),
        Some(Value::String(text)) => args.lua.coerce_number(Value::String(text)).ok().flatten(),
        _ => None,
    };
    let number = number.ok_or_else(|| args.error("format 'c0' needs a previous size"))?;
    let length = usize::try_from(crate::number::truncated(number)).ok();
    length.ok_or_else(|| args.wrong(2, "data string too short"))
}

fn one(args: &Arguments<'_>, item: &Item, bytes: &[u8]) -> mlua::Result<Option<Value>> {
    let in_order = |index: usize| {
        if item.is_big {
            bytes[index]
        } else {
            bytes[bytes.len() - 1 - index]
        }
    };
    Ok(match item.kind {
        Kind::Signed | Kind::Unsigned => {
            let bits =
                (0..bytes.len()).fold(0_u64, |bits, index| bits << 8 | u64::from(in_order(index)));
            Some(Value::Number(integer(bits, item)))
        }
        Kind::Float => {
            let bytes = std::array::from_fn(in_order);
            Some(Value::Number(f64::from(f32::from_be_bytes(bytes))))
        }
        Kind::Double => {
            let bytes = std::array::from_fn(in_order);
            Some(Value::Number(f64::from_be_bytes(bytes)))
        }
        Kind::Text => Some(Value::String(args.lua.create_string(bytes)?)),
        Kind::Padding | Kind::Terminated => None,
    })
}

/// What is longer than 64 bits has but its lowest.
fn integer(bits: u64, item: &Item) -> f64 {
    if item.kind == Kind::Unsigned || item.size == 0 {
        return bits as f64;
    }
    let unused = 64_u32.saturating_sub(8 * item.size as u32);
    ((bits as i64) << unused >> unused) as f64
}
