//! Lua's patterns: `string.find`, `match`, `gmatch`, `gsub`.
//!
//! Lua's own matcher goes as deep into the stack of C as the pattern is long, and does not look up while it tries; a client could end
//! the server by either. This one is bounded, and ends when its script does.
//!
//! <https://www.lua.org/manual/5.1/manual.html#5.4.1>

mod class;
mod find;
mod matcher;
mod substitute;

use mlua::{Lua, Table};

/// What replaces Lua's functions, by name; `gsub` is finished by the prelude, which can call functions.
pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let patterns = lua.create_table()?;
    patterns.raw_set("find", lua.create_function(find::find)?)?;
    patterns.raw_set("match", lua.create_function(find::match_)?)?;
    patterns.raw_set("gmatch", lua.create_function(find::gmatch)?)?;
    patterns.raw_set("gsub", lua.create_function(substitute::gsub)?)?;
    Ok(patterns)
}
