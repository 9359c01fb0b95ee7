//! `redis.call`, `redis.pcall`, `redis.acl_check_cmd`.

use mlua::{Lua, MultiValue, Table, Value};
use synod_cache::number::double_text;

use super::{inside, is_argument};
use crate::host::{Current, host};
use crate::raised::{self, Raised, with_code};
use crate::reply::value;

pub(super) fn install(lua: &Lua, redis: &Table) -> mlua::Result<()> {
    let call = lua.create_function(|lua, values: MultiValue| call(lua, &values, true))?;
    redis.raw_set("call", call)?;
    let pcall = lua.create_function(|lua, values: MultiValue| call_protected(lua, &values))?;
    redis.raw_set("pcall", pcall)?;
    redis.raw_set("acl_check_cmd", lua.create_function(may)?)
}

fn call_protected(lua: &Lua, values: &MultiValue) -> mlua::Result<Value> {
    call(lua, values, false)
}

fn call(lua: &Lua, values: &MultiValue, raises: bool) -> mlua::Result<Value> {
    let answered = host(|current| carried_out(current, values));
    let Some(answered) = answered else {
        let text = "redis.call/pcall can only be called inside a script invocation";
        return Err(raised::reply(text));
    };
    match answered {
        Ok(true) => host(|current| value(lua, &current.room.reply)).expect("it is there"),
        Ok(false) => {
            let text = host(|current| error_of(current)).expect("it is there");
            failed(lua, text, true, raises)
        }
        Err((text, is_counted)) => failed(lua, text, is_counted, raises),
    }
}

fn failed(lua: &Lua, text: Vec<u8>, is_counted: bool, raises: bool) -> mlua::Result<Value> {
    if raises {
        return Err(Raised::Reply { text, is_counted }.into());
    }
    raised::table(lua, &text, is_counted).map(Value::Table)
}

/// Carries a command out; whether it was answered otherwise than by an error. If it was not even begun, why, and whether it could be.
fn carried_out(current: &mut Current<'_>, values: &MultiValue) -> Result<bool, (Vec<u8>, bool)> {
    collect(current, values).map_err(|text| (with_code(text.into()), false))?;
    let room = &mut *current.room;
    with_arguments(&room.bytes, &room.limits, |args| {
        current.host.call(args, &mut room.reply)
    })
    .map_err(|text| (text.into_owned().into_bytes(), true))?;
    Ok(room.reply.bytes().first() != Some(&b'-'))
}

/// The error that was answered.
fn error_of(current: &Current<'_>) -> Vec<u8> {
    let bytes = current.room.reply.bytes();
    let end = bytes.iter().position(|byte| *byte == b'\r');
    with_code(bytes[..end.unwrap_or(bytes.len())].to_vec())
}

/// Writes the arguments down, one behind another: the values themselves are Lua's.
fn collect(current: &mut Current<'_>, values: &MultiValue) -> Result<(), &'static str> {
    let room = &mut *current.room;
    let protocol = room.reply.protocol();
    room.clear(protocol);
    if values.is_empty() {
        return Err("Please specify at least one argument for this redis lib call");
    }
    for value in values {
        match value {
            Value::String(string) => room.bytes.extend_from_slice(&string.as_bytes()),
            Value::Integer(number) => {
                let mut buffer = itoa::Buffer::new();
                room.bytes
                    .extend_from_slice(buffer.format(*number).as_bytes());
            }
            Value::Number(number) => {
                room.bytes
                    .extend_from_slice(number_text(*number).as_bytes());
            }
            _ => return Err("Lua redis lib command arguments must be strings or integers"),
        }
        room.limits.push(room.bytes.len());
    }
    Ok(())
}

/// A whole number as such, as long as it is surely one.
fn number_text(number: f64) -> String {
    const WHOLE: f64 = 4_611_686_018_427_387_904.0;
    if number.fract() == 0.0 && number.abs() <= WHOLE {
        return (number as i64).to_string();
    }
    double_text(number)
}

/// The arguments that were collected.
fn with_arguments<R>(bytes: &[u8], limits: &[usize], work: impl FnOnce(&[&[u8]]) -> R) -> R {
    /// So many need no memory of their own.
    const FEW: usize = 16;
    let mut begin = 0;
    let mut next = |limit: &usize| {
        let argument = &bytes[begin..*limit];
        begin = *limit;
        argument
    };
    if limits.len() <= FEW {
        let mut few: [&[u8]; FEW] = [&[]; FEW];
        for (place, limit) in few.iter_mut().zip(limits) {
            *place = next(limit);
        }
        work(&few[..limits.len()])
    } else {
        let many: Vec<&[u8]> = limits.iter().map(next).collect();
        work(&many)
    }
}

/// `redis.acl_check_cmd(command, …)`
fn may(_: &Lua, values: MultiValue) -> mlua::Result<bool> {
    inside("redis.acl_check_cmd")?;
    if !values.iter().all(is_argument) || values.is_empty() {
        let text = if values.is_empty() {
            "Please specify at least one argument for this redis lib call"
        } else {
            "Lua redis lib command arguments must be strings or integers"
        };
        return Err(raised::reply(text));
    }
    let may = host(|current| {
        let protocol = current.room.reply.protocol();
        collect(current, &values).ok()?;
        current.room.reply.set_protocol(protocol);
        let room = &*current.room;
        let host = &mut *current.host;
        with_arguments(&room.bytes, &room.limits, |args| host.may(args))
    });
    let unknown = || raised::reply("Invalid command passed to redis.acl_check_cmd()");
    may.flatten().ok_or_else(unknown)
}
