//! From Lua to bytes.

use mlua::{Lua, LuaString, MultiValue};

use super::format::{Format, Item, Kind};
use crate::MEMORY_BYTES_MAX;
use crate::argument::Arguments;

/// The arguments behind the format, one behind another.
pub(super) fn pack(lua: &Lua, values: MultiValue) -> mlua::Result<LuaString> {
    let args = Arguments::new(lua, &values);
    let text = args.string(1)?;
    let text = text.as_bytes();
    let mut format = Format::new(&text);
    let (mut bytes, mut number) = (Vec::new(), 2);
    while let Some(item) = format.next(&args, bytes.len())? {
        bytes.resize(bytes.len() + item.padding, 0);
        if item.kind == Kind::Padding {
            bytes.push(0);
            continue;
        }
        if number == args.len() + 1 {
            // What is there in C is a mark behind the arguments.
            let wants = match item.kind {
                Kind::Text | Kind::Terminated => "string",
                _ => "number",
            };
            return Err(args.wrong(number, &format!("{wants} expected, got nil")));
        }
        one(&args, number, &item, &mut bytes)?;
        number += 1;
        if bytes.len() > MEMORY_BYTES_MAX {
            return Err(mlua::Error::MemoryError(String::new()));
        }
    }
    lua.create_string(bytes)
}

fn one(args: &Arguments<'_>, number: usize, item: &Item, to: &mut Vec<u8>) -> mlua::Result<()> {
    match item.kind {
        Kind::Signed | Kind::Unsigned => {
            let bits = bits(args.number(number)?);
            // Bytes that the number does not have are shifted in from nowhere: zeros.
            let byte = |index: usize| bits.checked_shr(8 * index as u32).unwrap_or(0) as u8;
            if item.is_big {
                to.extend((0..item.size).rev().map(byte));
            } else {
                to.extend((0..item.size).map(byte));
            }
        }
        Kind::Float => {
            let float = args.number(number)? as f32;
            to.extend_from_slice(&if item.is_big {
                float.to_be_bytes()
            } else {
                float.to_le_bytes()
            });
        }
        Kind::Double => {
            let double = args.number(number)?;
            to.extend_from_slice(&if item.is_big {
                double.to_be_bytes()
            } else {
                double.to_le_bytes()
            });
        }
        Kind::Text | Kind::Terminated => {
            let text = args.string(number)?;
            let text = text.as_bytes();
            let size = if item.size == 0 {
                text.len()
            } else {
                item.size
            };
            let part = text.get(..size);
            to.extend_from_slice(part.ok_or_else(|| args.wrong(number + 1, "string too short"))?);
            if item.kind == Kind::Terminated {
                to.push(0);
            }
        }
        Kind::Padding => {}
    }
    Ok(())
}

/// A number in 64 bits, with a sign or without.
fn bits(number: f64) -> u64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number < LIMIT {
        crate::number::truncated(number) as u64
    } else {
        number as u64
    }
}
