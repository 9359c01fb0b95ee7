//! `redis.error_reply`, `redis.status_reply`.

use mlua::{Lua, MultiValue, Table, Value};

use crate::raised::{self, with_code};

pub(super) fn install(lua: &Lua, redis: &Table) -> mlua::Result<()> {
    redis.raw_set("error_reply", lua.create_function(error_reply)?)?;
    redis.raw_set("status_reply", lua.create_function(status_reply)?)
}

fn error_reply(lua: &Lua, values: MultiValue) -> mlua::Result<Table> {
    let Some(text) = only_string(&values) else {
        return wrong(lua);
    };
    let text = match text.first() {
        Some(b'-') => text,
        _ => [b"-", &text[..]].concat(),
    };
    raised::table(lua, &with_code(text), false)
}

fn status_reply(lua: &Lua, values: MultiValue) -> mlua::Result<Table> {
    let Some(text) = only_string(&values) else {
        return wrong(lua);
    };
    let table = lua.create_table()?;
    table.raw_set("ok", lua.create_string(text)?)?;
    Ok(table)
}

fn only_string(values: &MultiValue) -> Option<Vec<u8>> {
    match values.iter().collect::<Vec<_>>()[..] {
        [Value::String(text)] => Some(text.as_bytes().to_vec()),
        _ => None,
    }
}

fn wrong(lua: &Lua) -> mlua::Result<Table> {
    raised::table(lua, b"ERR wrong number or type of arguments", false)
}
