//! `cmsgpack`: MessagePack, as cmsgpack 0.4 reads and writes it.
//!
//! <https://github.com/msgpack/msgpack/blob/master/spec.md>

mod pack;
mod unpack;

use mlua::{Lua, Table};

pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let msgpack = lua.create_table()?;
    msgpack.raw_set("pack", lua.create_function(pack::pack)?)?;
    msgpack.raw_set("unpack", lua.create_function(unpack::unpack)?)?;
    msgpack.raw_set("unpack_one", lua.create_function(unpack::unpack_one)?)?;
    msgpack.raw_set("unpack_limit", lua.create_function(unpack::unpack_limit)?)?;
    msgpack.raw_set("_NAME", "cmsgpack")?;
    msgpack.raw_set("_VERSION", "lua-cmsgpack 0.4.0")?;
    msgpack.raw_set("_COPYRIGHT", "The Synod authors")?;
    msgpack.raw_set("_DESCRIPTION", "MessagePack for Lua")?;
    Ok(msgpack)
}
