//! Lua as scripts find it.

use mlua::{
    Error, Function, HookTriggers, Lua, LuaOptions, LuaString, MultiValue, StdLib, Table, Value,
    VmState,
};

use crate::argument::bad_argument;
use crate::host::{Ends, host};
use crate::position::{name, placed};
use crate::raised::{self, Raised};
use crate::random::Sequence;
use crate::{MEMORY_BYTES_MAX, bit, json, msgpack, pattern, random, redis, structs};

/// So many steps are between two looks at whether a script is to end.
const STEPS: u32 = 100_000;

/// Where the globals of scripts are kept.
const ENVIRONMENT: &str = "environment";

/// Lua, and how things are run in it.
pub(crate) struct Sandbox {
    pub(crate) lua: Lua,
    pub(crate) environment: Table,
    pub(crate) run_script: Function,
    pub(crate) run_function: Function,
    pub(crate) run_library: Function,
}

impl Sandbox {
    /// With what only scripts find in `redis`, if so, and what only libraries find there while they are loaded.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn new(
        is_for_scripts: bool,
        register: impl FnOnce(&Lua) -> mlua::Result<Option<Function>>,
    ) -> mlua::Result<Self> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::OS;
        let options = LuaOptions::new().catch_rust_panics(false);
        let lua = Lua::new_with(libraries, options)?;
        let sequence = Sequence::default();
        let native = native(&lua, &sequence, is_for_scripts, register)?;
        let prelude = lua.load(include_str!("prelude.lua")).set_name("=prelude");
        let (environment, run): (Table, Table) = prelude.call(native)?;
        lua.set_global_hook(HookTriggers::new().every_nth_instruction(STEPS), |_, _| {
            looked()?;
            Ok(VmState::Continue)
        })?;
        lua.set_named_registry_value(ENVIRONMENT, &environment)?;
        lua.set_memory_limit(MEMORY_BYTES_MAX)?;
        Ok(Self {
            environment,
            run_script: run.raw_get("script")?,
            run_function: run.raw_get("function")?,
            run_library: run.raw_get("library")?,
            lua,
        })
    }

    /// A list of strings.
    pub(crate) fn list(&self, of: &[&[u8]]) -> mlua::Result<Table> {
        let list = self.lua.create_table_with_capacity(of.len(), 0)?;
        for (index, bytes) in of.iter().enumerate() {
            list.raw_seti(index + 1, self.lua.create_string(bytes)?)?;
        }
        Ok(list)
    }

    /// A chunk of code.
    pub(crate) fn compile(&self, code: &[u8], name: &str) -> Result<Function, Vec<u8>> {
        compile(&self.lua, code, name, &self.environment)
    }
}

/// What the prelude is given.
fn native(
    lua: &Lua,
    sequence: &Sequence,
    is_for_scripts: bool,
    register: impl FnOnce(&Lua) -> mlua::Result<Option<Function>>,
) -> mlua::Result<Table> {
    let native = lua.create_table()?;
    let math: Table = lua.globals().raw_get("math")?;
    random::install(lua, &math, sequence)?;
    native.raw_set("math", math)?;
    native.raw_set("bit", bit::library(lua)?)?;
    native.raw_set("cjson", json::library(lua)?)?;
    native.raw_set("cmsgpack", msgpack::library(lua)?)?;
    native.raw_set("struct", structs::library(lua)?)?;
    native.raw_set("patterns", pattern::library(lua)?)?;
    native.raw_set("redis", redis::library(lua, is_for_scripts)?)?;
    native.raw_set("library", redis::while_loading(lua, register(lua)?)?)?;
    errors(lua, &native)?;
    native.raw_set("place", lua.create_function(place)?)?;
    native.raw_set(
        "compile",
        lua.create_function(|lua, (code, name): (LuaString, LuaString)| {
            let environment: Table = lua.named_registry_value(ENVIRONMENT)?;
            match compile(lua, &code.as_bytes(), &name.to_string_lossy(), &environment) {
                Ok(function) => Ok((Value::Function(function), Value::Nil)),
                Err(why) => Ok((Value::Nil, Value::String(lua.create_string(why)?))),
            }
        })?,
    )?;
    Ok(native)
}

/// How errors of Rust become those of Lua.
fn errors(lua: &Lua, native: &Table) -> mlua::Result<()> {
    native.raw_set(
        "seen",
        lua.create_function(|lua, value: Value| {
            if let Some(ends) = host(|current| *current.ends).flatten() {
                return Err(ended(ends));
            }
            at_last(lua, value)
        })?,
    )?;
    native.raw_set("seen_at_last", lua.create_function(at_last)?)?;
    native.raw_set(
        "ends",
        lua.create_function(|_, ()| Ok(host(|current| current.ends.is_some()) == Some(true)))?,
    )?;
    native.raw_set("argument_error", lua.create_function(argument_error)?)
}

fn at_last(lua: &Lua, value: Value) -> mlua::Result<Value> {
    let Value::Error(error) = value else {
        return Ok(value);
    };
    match raised::seen(lua, &error)? {
        Ok(value) => Ok(value),
        Err(text) => {
            let table = raised::table(lua, text.as_bytes(), false)?;
            Ok(Value::Table(table))
        }
    }
}

/// Where a script is: who called what raised an error, the source and the line.
fn place(lua: &Lua, (): ()) -> mlua::Result<(Option<String>, usize)> {
    for level in 1.. {
        let at = lua.inspect_stack(level, |debug| {
            let source = debug.source();
            let is_script = matches!(source.what, "Lua" | "main")
                && source.short_src.as_deref() != Some("prelude");
            let source = source.source.map(std::borrow::Cow::into_owned);
            is_script.then_some((source, debug.current_line().unwrap_or(0)))
        });
        match at {
            None => break,
            Some(None) => {}
            Some(Some(at)) => return Ok(at),
        }
    }
    Ok((None, 0))
}

/// What Lua's own libraries say of an argument, of a function of the prelude.
fn argument_error(lua: &Lua, values: MultiValue) -> mlua::Result<()> {
    let number = values.front().and_then(Value::as_i64).unwrap_or(1);
    let text = |index: usize| values.get(index).and_then(|it| it.as_string());
    let expected = text(1).map(|it| it.to_string_lossy()).unwrap_or_default();
    let got = text(2).map(|it| it.to_string_lossy());
    let of = values
        .get(3)
        .and_then(Value::as_i64)
        .map_or(1, |level| level as usize - 1);
    let (name, is_method) = name(lua, of);
    let got = got.map(|got| format!(", got {got}")).unwrap_or_default();
    let why = format!("{expected} expected{got}");
    let text = bad_argument(&name, is_method, number as usize, &why);
    Err(raised::text(placed(lua, of + 1, text.as_bytes())))
}

/// Looks whether the script is to end.
pub(crate) fn looked() -> mlua::Result<()> {
    let ends = host(|current| {
        if current.ends.is_none() {
            *current.ends = current.host.ends();
        }
        *current.ends
    });
    ends.flatten().map_or(Ok(()), |ends| Err(ended(ends)))
}

fn ended(ends: Ends) -> Error {
    let Ends::Killed(text) = ends;
    Raised::Ends(text).into()
}

/// A chunk of code with these globals. Bytecode is not taken: it could be anything.
fn compile(lua: &Lua, code: &[u8], name: &str, environment: &Table) -> Result<Function, Vec<u8>> {
    // A space before it makes of bytecode what it would be as text.
    let spaced;
    let code = if code.first() == Some(&0x1b) {
        spaced = [b" ", code].concat();
        &spaced[..]
    } else {
        code
    };
    let name = name.split('\0').next().unwrap_or_default();
    let chunk = lua.load(code).set_name(name);
    let chunk = chunk.set_mode(mlua::chunk::ChunkMode::Text);
    chunk
        .set_environment(environment.clone())
        .into_function()
        .map_err(|error| match error {
            Error::SyntaxError { message, .. } => message.into_bytes(),
            Error::MemoryError(_) => b"not enough memory".to_vec(),
            other => other.to_string().into_bytes(),
        })
}
