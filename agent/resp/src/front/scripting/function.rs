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
    "    Makes a library of its code, which says how it is called.",
    "DELETE <LIBRARY NAME>",
    "    Removes a library with all its functions.",
    "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
    "    Tells of each library, or of those with such names:",
    "    * how it is called;",
    "    * what runs it;",
    "    * its functions:",
    "      their names, what they say they do,",
    "      and their flags;",
    "    * with WITHCODE its code.",
    "STATS",
    "    Tells of the function that runs, if one does:",
    "    * how it is called;",
    "    * the command that called it;",
    "    * for how many milliseconds it has run;",
    "    and of each engine,",
    "    how many libraries and functions it has.",
    "KILL",
    "    Ends the function that runs, unless it has written.",
    "FLUSH [ASYNC|SYNC]",
    "    Removes all libraries.",
    "    The words are taken for the sake of clients:",
    "    * ASYNC,",
    "    * SYNC:",
    "    either is done at once.",
    "DUMP",
    "    All libraries as one value, for RESTORE.",
    "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
    "    Makes the libraries that were dumped, all or none. What is",
    "    there already",
    "    * goes first with FLUSH;",
    "    * stays with APPEND, which fails if two are called the same; so it is if nothing is said;",
    "    * makes room with REPLACE for libraries that are called the same,",
    "      which still fails if functions of two libraries are",
    "      called the same.",
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
