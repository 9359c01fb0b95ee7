//! `FUNCTION LOAD`, `DELETE`, `LIST`, `STATS`, `DUMP`, `RESTORE`, `FLUSH`, `KILL`, `HELP`.

mod list;
mod stats;

use std::sync::Arc;

use synod_cache::command::Error;
use synod_cache::rdb::{opened_functions, sealed_functions};
use synod_script::{Functions, Policy};

use super::host::Loading;
use super::script::is_flush;
use super::{FrontCall, error};
use crate::Shared;
use crate::part::lock;
use crate::scripting::Engine;

const HELP: &[&str] = &[
    "LOAD [REPLACE] <FUNCTION CODE>",
    "    Create a new library with the given library name and code.",
    "DELETE <LIBRARY NAME>",
    "    Delete the given library.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Return general information on all the libraries:",
    "    * Library name",
    "    * The engine used to run the Library",
    "    * Functions list",
    "    * Library code (if WITHCODE is given)",
    "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
    "STATS",
    "    Return information about the current function running:",
    "    * Function name",
    "    * Command used to run the function",
    "    * Duration in MS that the function is running",
    "    If no function is running, return nil",
    "    In addition, returns a list of available engines.",
    "KILL",
    "    Kill the current running function.",
    "FLUSH [ASYNC|SYNC]",
    "    Delete all the libraries.",
    "    When called without the optional mode argument, the behavior is determined by the",
    "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
    "    * ASYNC: Asynchronously flush the libraries.",
    "    * SYNC: Synchronously flush the libraries.",
    "DUMP",
    "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
    "    control how to handle existing libraries (default APPEND):",
    "    * FLUSH: delete all existing libraries.",
    "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
    "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
    "      libraries with the new libraries (notice that even on this option there is a chance of failure",
    "      in case of functions name collision with another library).",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "delete" => delete(call),
        "dump" => dump(call),
        "flush" => flush(call),
        "kill" => {
            call.shared.scripting.kill(true)?;
            call.session.reply.ok();
            Ok(())
        }
        "list" => list::list(call),
        "load" => load(call),
        "restore" => restore(call),
        "stats" => stats::stats(call),
        _ => {
            call.help(HELP);
            Ok(())
        }
    }
}

/// Changes what functions there are. They are kept in the first partition, if anything is kept.
fn change<R>(
    call: &mut FrontCall<'_>,
    work: impl FnOnce(&mut Engine) -> Result<R, Error>,
) -> Result<R, Error> {
    let shared = call.shared;
    let done = call.parts.with_first(|part| {
        let mut engine = shared.scripting.engine()?;
        let done = work(&mut engine)?;
        let functions: &mut Functions = engine.functions()?;
        let libraries = functions.libraries();
        let counts = [libraries.len(), functions.len()];
        shared.scripting.set_counts(counts);
        if shared.persistence.is_some() {
            let payload = sealed_functions(functions.libraries().map(|library| &*library.code));
            part.partition.set_functions(&payload);
        }
        Ok(done)
    })?;
    call.session.kept.shows(0);
    done
}

/// The functions are those again that were kept, which is nothing if there were none.
pub(crate) fn recall(shared: &Shared) -> Result<(), Error> {
    let payload = Arc::clone(lock(&shared.parts[0]).partition.functions());
    if payload.is_empty() {
        return Ok(());
    }
    let codes = opened_functions(&payload).map_err(|why| error(why.to_string()))?;
    let mut engine = shared.scripting.engine()?;
    let functions = engine.functions()?;
    let restored = functions.restore(&codes, Policy::Flush, &mut Loading::patient());
    restored.map_err(error)?;
    let counts = [functions.libraries().len(), functions.len()];
    shared.scripting.set_counts(counts);
    Ok(())
}

fn load(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let [options @ .., code] = &call.args[2..] else {
        return Err(error("ERR Function code is missing"));
    };
    for option in options {
        if !option.eq_ignore_ascii_case(b"replace") {
            let text = [b"ERR Unknown option given: ", &option[..]].concat();
            return Err(error(text));
        }
    }
    let replaces = !options.is_empty();
    let name = change(call, |engine| {
        let functions = engine.functions()?;
        let loaded = functions.load(code, replaces, &mut Loading::default());
        loaded.map_err(error)
    })?;
    call.session.reply.bulk(&name);
    Ok(())
}

fn delete(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let name = call.args[2];
    let was_there = change(call, |engine| Ok(engine.functions()?.delete(name)))?;
    if !was_there {
        return Err(error("ERR Library not found"));
    }
    call.session.reply.ok();
    Ok(())
}

fn flush(call: &mut FrontCall<'_>) -> Result<(), Error> {
    if call.args.len() > 3 {
        return Err(syntax(call));
    }
    if !is_flush(&call.args[2..]) {
        let text = "ERR FUNCTION FLUSH only supports SYNC|ASYNC option";
        return Err(error(text));
    }
    change(call, |engine| {
        engine.forget_functions();
        Ok(())
    })?;
    call.session.reply.ok();
    Ok(())
}

fn dump(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let mut engine = call.shared.scripting.engine()?;
    let libraries = engine.functions()?.libraries();
    let payload = sealed_functions(libraries.map(|library| &*library.code));
    call.session.reply.bulk(&payload);
    Ok(())
}

fn restore(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let policy = match &call.args[3..] {
        [] => Policy::Append,
        [policy] => policy_named(policy)?,
        _ => return Err(syntax(call)),
    };
    let codes = opened_functions(call.args[2]).map_err(|why| error(why.to_string()))?;
    change(call, |engine| {
        let functions = engine.functions()?;
        let restored = functions.restore(&codes, policy, &mut Loading::default());
        restored.map_err(error)
    })?;
    call.session.reply.ok();
    Ok(())
}

fn policy_named(name: &[u8]) -> Result<Policy, Error> {
    match &*name.to_ascii_lowercase() {
        b"append" => Ok(Policy::Append),
        b"flush" => Ok(Policy::Flush),
        b"replace" => Ok(Policy::Replace),
        _ => Err(error(
            "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
        )),
    }
}

fn syntax(call: &FrontCall<'_>) -> Error {
    Error::SubcommandSyntax {
        subcommand: String::from_utf8_lossy(call.args[1]).into_owned(),
        command: "FUNCTION".to_owned(),
    }
}
