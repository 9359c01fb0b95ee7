//! `bit`: operations on 32 bits.
//!
//! <https://bitop.luajit.org/api.html>

use mlua::{Function, Lua, MultiValue, Table};

use crate::argument::Arguments;

pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let bit = lua.create_table()?;
    bit.raw_set("tobit", of_one(lua, |bits| bits)?)?;
    bit.raw_set("bnot", of_one(lua, |bits| !bits)?)?;
    bit.raw_set("bswap", of_one(lua, u32::swap_bytes)?)?;
    bit.raw_set("band", of_many(lua, |all, bits| all & bits)?)?;
    bit.raw_set("bor", of_many(lua, |all, bits| all | bits)?)?;
    bit.raw_set("bxor", of_many(lua, |all, bits| all ^ bits)?)?;
    bit.raw_set("lshift", shift(lua, |bits, by| bits << by)?)?;
    bit.raw_set("rshift", shift(lua, |bits, by| bits >> by)?)?;
    bit.raw_set(
        "arshift",
        shift(lua, |bits, by| (bits as i32 >> by) as u32)?,
    )?;
    bit.raw_set("rol", shift(lua, u32::rotate_left)?)?;
    bit.raw_set("ror", shift(lua, u32::rotate_right)?)?;
    bit.raw_set("tohex", lua.create_function(tohex)?)?;
    Ok(bit)
}

/// The lowest bits of a number, rounded to a whole one: half to even, as the processor does.
fn bits(args: &Arguments<'_>, number: usize) -> mlua::Result<u32> {
    /// With this added the lowest bits of a whole number are those of its representation.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    Ok((args.number(number)? + WHOLE).to_bits() as u32)
}

fn of_one(lua: &Lua, work: fn(u32) -> u32) -> mlua::Result<Function> {
    lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        Ok(work(bits(&args, 1)?) as i32)
    })
}

fn of_many(lua: &Lua, work: fn(u32, u32) -> u32) -> mlua::Result<Function> {
    lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        let mut all = bits(&args, 1)?;
        for number in (2..=args.len()).rev() {
            all = work(all, bits(&args, number)?);
        }
        Ok(all as i32)
    })
}

fn shift(lua: &Lua, work: fn(u32, u32) -> u32) -> mlua::Result<Function> {
    lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        let of = bits(&args, 1)?;
        Ok(work(of, bits(&args, 2)? & 31) as i32)
    })
}

/// Hexadecimal digits, so many; large ones if so many are negative.
fn tohex(lua: &Lua, values: MultiValue) -> mlua::Result<String> {
    let args = Arguments::new(lua, &values);
    let of = bits(&args, 1)?;
    let digits = if args.len() < 2 {
        8
    } else {
        bits(&args, 2)? as i32
    };
    let text = if digits < 0 {
        format!("{of:08X}")
    } else {
        format!("{of:08x}")
    };
    let shown = digits.unsigned_abs().min(8) as usize;
    Ok(text[8 - shown..].to_owned())
}
