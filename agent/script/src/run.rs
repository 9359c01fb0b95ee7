//! How a script, or a function, is run and answered.

use mlua::{Function, Table, Value};
use synod_cache::reply::{Protocol, Reply};

use crate::answer::Answer;
use crate::host::{Current, Ends, Host, Room, with_host};
use crate::sandbox::Sandbox;

/// What is run: how, what, and as what errors name it.
pub(crate) struct Run<'a> {
    pub(crate) by: &'a Function,
    pub(crate) work: &'a Function,
    pub(crate) name: &'a str,
}

/// Runs it with keys and arguments, and answers what it returns, or its error.
pub(crate) fn run(
    sandbox: &Sandbox,
    room: &mut Room,
    run: &Run<'_>,
    (keys, args): (&[&[u8]], &[&[u8]]),
    host: &mut dyn Host,
    reply: &mut Reply,
) {
    let before = reply.bytes().len();
    room.clear(Protocol::Resp2);
    let mut ends: Option<Ends> = None;
    let current = Current {
        host,
        room,
        ends: &mut ends,
    };
    let returned = with_host(current, || -> mlua::Result<(bool, Value)> {
        let (keys, args) = (sandbox.list(keys)?, sandbox.list(args)?);
        run.by.call((run.work, keys, args))
    });
    let script = room.reply.protocol();
    let done = returned.and_then(|(ok, value)| {
        if ok {
            Answer { reply, script }.value(&value, 0)
        } else {
            failed(&value, run.name, reply)
        }
    });
    if let Err(error) = done {
        reply.truncate(before);
        unusual(&error, sandbox, run.name, reply);
    }
    if sandbox.lua.used_memory() > crate::MEMORY_BYTES_MAX / 2 {
        drop(sandbox.lua.gc_collect());
    }
}

/// Answers an error that nobody caught, with where it is.
fn failed(value: &Value, name: &str, reply: &mut Reply) -> mlua::Result<()> {
    let Value::Table(table) = value else {
        let shown = value.to_string()?;
        let shown: String = shown.chars().take(100).collect();
        reply.error(&format!("ERR Error running script {name}, {shown}"));
        return Ok(());
    };
    let mut text = message(table)?;
    let (source, line): (Value, Value) = (table.get("source")?, table.get("line")?);
    if let (Value::String(source), Some(line)) = (source, line.as_i64()) {
        let place = format!(" script: {name}, on {}:{line}.", source.to_string_lossy());
        text.extend_from_slice(place.as_bytes());
    }
    reply.error_bytes(&text);
    Ok(())
}

/// The error of an error, its code first.
pub(crate) fn message(table: &Table) -> mlua::Result<Vec<u8>> {
    Ok(match table.get("err")? {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Integer(number) => number.to_string().into_bytes(),
        Value::Number(number) => crate::number::general(number, 14).into_bytes(),
        _ => b"ERR unknown error".to_vec(),
    })
}

/// What is not the script's fault, or not as it is known of it.
fn unusual(error: &mlua::Error, sandbox: &Sandbox, name: &str, reply: &mut Reply) {
    let text = match error {
        mlua::Error::MemoryError(_) => {
            drop(sandbox.lua.gc_collect());
            "not enough memory".to_owned()
        }
        other => {
            let text = other.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        }
    };
    reply.error(&format!("ERR Error running script {name}, {text}"));
}
