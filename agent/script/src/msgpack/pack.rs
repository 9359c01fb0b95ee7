//! From Lua to MessagePack.

use mlua::{Lua, LuaString, MultiValue, Table, Value};

use crate::argument::Arguments;

/// A table within so many others is nothing: it may be one of them.
const TABLES_MAX: usize = 16;

/// All arguments, one behind another.
pub(super) fn pack(lua: &Lua, values: MultiValue) -> mlua::Result<LuaString> {
    let args = Arguments::new(lua, &values);
    if args.len() == 0 {
        return Err(args.wrong(0, "MessagePack pack needs input."));
    }
    let mut bytes = Vec::new();
    for value in &values {
        any(value, 0, &mut bytes)?;
    }
    lua.create_string(bytes)
}

fn any(value: &Value, depth: usize, to: &mut Vec<u8>) -> mlua::Result<()> {
    match value {
        Value::String(string) => text(&string.as_bytes(), to),
        Value::Boolean(yes) => to.push(if *yes { 0xc3 } else { 0xc2 }),
        Value::Integer(number) => integer(*number, to),
        Value::Number(number) => float(*number, to),
        Value::Table(of) if depth < TABLES_MAX => table(of, depth, to)?,
        _ => to.push(0xc0),
    }
    Ok(())
}

/// A number with its tag, and as many of its bytes as it has.
fn tagged(to: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    to.push(tag);
    to.extend_from_slice(bytes);
}

fn integer(number: i64, to: &mut Vec<u8>) {
    let bytes = number.to_be_bytes();
    let last = |count: usize| &bytes[8 - count..];
    match number {
        -32..=0x7f => to.push(number as u8),
        0x80..=0xff => tagged(to, 0xcc, last(1)),
        0x100..=0xffff => tagged(to, 0xcd, last(2)),
        0x1_0000..=0xffff_ffff => tagged(to, 0xce, last(4)),
        0x1_0000_0000.. => tagged(to, 0xcf, last(8)),
        -0x80..=-33 => tagged(to, 0xd0, last(1)),
        -0x8000..=-0x81 => tagged(to, 0xd1, last(2)),
        -0x8000_0000..=-0x8001 => tagged(to, 0xd2, last(4)),
        _ => tagged(to, 0xd3, last(8)),
    }
}

/// A whole number as such; any other one in four bytes, if they are enough for it.
fn float(number: f64, to: &mut Vec<u8>) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number) {
        integer(number as i64, to);
    } else if f64::from(number as f32) == number {
        tagged(to, 0xca, &(number as f32).to_be_bytes());
    } else {
        tagged(to, 0xcb, &number.to_be_bytes());
    }
}

fn text(bytes: &[u8], to: &mut Vec<u8>) {
    let length = bytes.len() as u32;
    match length {
        0..=31 => to.push(0xa0 | length as u8),
        32..=0xff => tagged(to, 0xd9, &[length as u8]),
        0x100..=0xffff => tagged(to, 0xda, &(length as u16).to_be_bytes()),
        _ => tagged(to, 0xdb, &length.to_be_bytes()),
    }
    to.extend_from_slice(bytes);
}

/// How many follow: in the tag, or behind one of two others.
fn count(count: usize, short: u8, long: u8, to: &mut Vec<u8>) {
    match u16::try_from(count) {
        Ok(count @ 0..=15) => to.push(short | count as u8),
        Ok(count) => tagged(to, long, &count.to_be_bytes()),
        Err(_) => tagged(to, long + 1, &(count as u32).to_be_bytes()),
    }
}

/// An array, if its keys are 1, 2 and so on; a map otherwise.
fn table(of: &Table, depth: usize, to: &mut Vec<u8>) -> mlua::Result<()> {
    let mut keys = 0;
    let mut greatest = Some(0.0_f64);
    for pair in of.pairs::<Value, Value>() {
        keys += 1;
        let index = match pair?.0 {
            Value::Integer(index) => Some(index as f64),
            Value::Number(index) => Some(index),
            _ => None,
        };
        let index = index.filter(|index| *index >= 1.0 && index.fract() == 0.0);
        greatest = greatest
            .zip(index)
            .map(|(greatest, index)| greatest.max(index));
    }
    if greatest == Some(keys as f64) {
        count(keys, 0x90, 0xdc, to);
        for index in 1..=keys {
            any(&of.get(index)?, depth + 1, to)?;
        }
        return Ok(());
    }
    count(keys, 0x80, 0xde, to);
    of.for_each(|key: Value, value: Value| {
        any(&key, depth + 1, to)?;
        any(&value, depth + 1, to)
    })
}
