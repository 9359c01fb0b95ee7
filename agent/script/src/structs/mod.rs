//! `struct`: values in bytes, as a format says.
//!
//! <https://www.inf.puc-rio.br/~roberto/struct/>

mod format;
mod pack;
mod unpack;

use mlua::{Lua, MultiValue, Table};

use crate::argument::Arguments;
use format::{Format, Kind};

pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let structs = lua.create_table()?;
    structs.raw_set("pack", lua.create_function(pack::pack)?)?;
    structs.raw_set("unpack", lua.create_function(unpack::unpack)?)?;
    structs.raw_set("size", lua.create_function(size)?)?;
    Ok(structs)
}

/// How many bytes a format stands for.
fn size(lua: &Lua, values: MultiValue) -> mlua::Result<f64> {
    let args = Arguments::new(lua, &values);
    let text = args.string(1)?;
    let text = text.as_bytes();
    let mut format = Format::tolerant(&text);
    let mut total = 0;
    while let Some(item) = format.next(&args, total)? {
        match (item.kind, item.size) {
            (Kind::Terminated, _) => {
                return Err(args.wrong(1, "option 's' has no fixed size"));
            }
            (Kind::Text, 0) => {
                return Err(args.wrong(1, "option 'c0' has no fixed size"));
            }
            _ => total += item.padding + item.size,
        }
    }
    Ok(total as f64)
}
