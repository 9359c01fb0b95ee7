//! The table `redis`.
//!
//! <https://redis.io/docs/latest/develop/interact/programmability/lua-api/#redis_object>

mod call;
mod reply;

use mlua::{Function, Lua, MultiValue, Table, Value};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use synod_cache::reply::Protocol;

use crate::argument::Arguments;
use crate::host::{Level, host};
use crate::number::truncated;
use crate::raised;
use crate::{VERSION, VERSION_NUMBER};

/// Where writes of a script go: of old, when scripts were replicated. They always go everywhere.
const REPLICATION: [(&str, u8); 5] = [
    ("REPL_NONE", 0),
    ("REPL_AOF", 1),
    ("REPL_SLAVE", 2),
    ("REPL_REPLICA", 2),
    ("REPL_ALL", 3),
];

/// What scripts and functions find; scripts some more.
pub(crate) fn library(lua: &Lua, is_for_scripts: bool) -> mlua::Result<Table> {
    let redis = common(lua)?;
    call::install(lua, &redis)?;
    reply::install(lua, &redis)?;
    redis.raw_set("sha1hex", lua.create_function(sha1hex)?)?;
    redis.raw_set("setresp", lua.create_function(setresp)?)?;
    redis.raw_set("set_repl", lua.create_function(set_repl)?)?;
    for (name, value) in REPLICATION {
        redis.raw_set(name, value)?;
    }
    if is_for_scripts {
        redis.raw_set("breakpoint", lua.create_function(|_, ()| Ok(false))?)?;
        redis.raw_set("debug", lua.create_function(|_, _: MultiValue| Ok(()))?)?;
        redis.raw_set("replicate_commands", lua.create_function(|_, ()| Ok(true))?)?;
    }
    Ok(redis)
}

/// What a library finds while it is loaded.
pub(crate) fn while_loading(lua: &Lua, register: Option<Function>) -> mlua::Result<Table> {
    let redis = common(lua)?;
    redis.raw_set("register_function", register)?;
    Ok(redis)
}

fn common(lua: &Lua) -> mlua::Result<Table> {
    let redis = lua.create_table()?;
    redis.raw_set("log", lua.create_function(log)?)?;
    for (name, level) in LEVELS {
        redis.raw_set(name, level as u8)?;
    }
    redis.raw_set("REDIS_VERSION", VERSION)?;
    redis.raw_set("REDIS_VERSION_NUM", VERSION_NUMBER)?;
    Ok(redis)
}

const LEVELS: [(&str, Level); 4] = [
    ("LOG_DEBUG", Level::Debug),
    ("LOG_VERBOSE", Level::Verbose),
    ("LOG_NOTICE", Level::Notice),
    ("LOG_WARNING", Level::Warning),
];

/// `redis.log(level, text, …)`
fn log(lua: &Lua, values: MultiValue) -> mlua::Result<()> {
    let args = Arguments::new(lua, &values);
    if args.len() < 2 {
        return Err(raised::reply("redis.log() requires two arguments or more."));
    }
    let Ok(level) = args.number(1) else {
        return Err(raised::reply(
            "First argument must be a number (log level).",
        ));
    };
    let level = usize::try_from(truncated(level)).ok();
    let Some((_, level)) = level.and_then(|level| LEVELS.get(level)) else {
        return Err(raised::reply("Invalid debug level."));
    };
    let mut text = Vec::new();
    for number in 2..=args.len() {
        if let Ok(part) = args.string(number) {
            if number > 2 {
                text.push(b' ');
            }
            text.extend_from_slice(&part.as_bytes());
        }
    }
    host(|current| current.host.log(*level, &text));
    Ok(())
}

/// `redis.sha1hex(text)`
fn sha1hex(lua: &Lua, values: MultiValue) -> mlua::Result<String> {
    let args = Arguments::new(lua, &values);
    if args.len() != 1 {
        return Err(raised::reply("wrong number of arguments"));
    }
    let text = args.string(1);
    let bytes = text.as_ref().map(|text| text.as_bytes().to_vec());
    Ok(hexadecimal(&bytes.unwrap_or_default()))
}

/// The digest of a script in small hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
    let mut text = String::with_capacity(40);
    for byte in digest.as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// `redis.setresp(2 or 3)`: in what `redis.call` answers.
fn setresp(lua: &Lua, values: MultiValue) -> mlua::Result<()> {
    let args = Arguments::new(lua, &values);
    inside("redis.setresp")?;
    if args.len() != 1 {
        return Err(raised::reply("redis.setresp() requires one argument."));
    }
    let protocol = match args.integer(1) {
        Ok(2) => Protocol::Resp2,
        Ok(3) => Protocol::Resp3,
        _ => return Err(raised::reply("RESP version must be 2 or 3.")),
    };
    host(|current| current.room.reply.set_protocol(protocol));
    Ok(())
}

/// `redis.set_repl(where)`: taken, and without effect.
fn set_repl(lua: &Lua, values: MultiValue) -> mlua::Result<()> {
    let args = Arguments::new(lua, &values);
    inside("redis.set_repl")?;
    if args.len() != 1 {
        return Err(raised::reply("redis.set_repl() requires two arguments."));
    }
    match args.integer(1).unwrap_or(0) {
        0..=3 => Ok(()),
        _ => Err(raised::reply(
            "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
        )),
    }
}

/// An error if no script runs.
fn inside(what: &str) -> mlua::Result<()> {
    let text = || format!("{what} can only be called inside a script invocation");
    host(|_| ()).ok_or_else(|| raised::reply(text()))
}

/// Whether it can be passed to a command, as a string.
const fn is_argument(value: &Value) -> bool {
    matches!(
        value,
        Value::String(_) | Value::Integer(_) | Value::Number(_)
    )
}
