//! `cjson`: JSON, as cjson 2.1 reads and writes it.
//!
//! <https://kyne.au/~mark/software/lua-cjson-manual.html>

mod decode;
mod encode;
mod settings;
mod token;

use std::sync::{Arc, Mutex, PoisonError};

use mlua::{Lua, MultiValue, Table, Value};

use crate::argument::Arguments;
use settings::Settings;

/// What scripts change stays changed.
type Shared = Arc<Mutex<Settings>>;

fn settings(shared: &Shared) -> std::sync::MutexGuard<'_, Settings> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn library(lua: &Lua) -> mlua::Result<Table> {
    let json = lua.create_table()?;
    let shared = Shared::default();
    let own = Arc::clone(&shared);
    let encode = lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        let only = only(&args)?;
        let settings = *settings(&own);
        lua.create_string(encode::encode(&args, only, &settings)?)
    })?;
    json.raw_set("encode", encode)?;
    let own = Arc::clone(&shared);
    let decode = lua.create_function(move |lua, values: MultiValue| {
        let args = Arguments::new(lua, &values);
        only(&args)?;
        let text = args.string(1)?;
        let settings = *settings(&own);
        decode::decode(&args, &text.as_bytes(), &settings)
    })?;
    json.raw_set("decode", decode)?;
    settings::install(lua, &json, &shared)?;
    json.raw_set(
        "new",
        lua.create_function(|lua, _: MultiValue| library(lua))?,
    )?;
    json.raw_set("null", Value::NULL)?;
    json.raw_set("_NAME", "cjson")?;
    json.raw_set("_VERSION", "2.1.0")?;
    Ok(json)
}

fn only<'a>(args: &Arguments<'a>) -> mlua::Result<&'a Value> {
    match args.get(1) {
        Some(value) if args.len() == 1 => Ok(value),
        _ => Err(args.wrong(1, "expected 1 argument")),
    }
}
