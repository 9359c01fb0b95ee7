//! `EVAL script number key … argument …`, `EVALSHA digits …`, and those that only read.

use std::sync::Arc;

use synod_cache::command::Error;
use synod_script::{Flags, Script, Scripts, is_digest};

use super::host::{Runs, run_with};
use super::{FrontCall, error, given, with_parts};
use crate::session::NO_ROOM;

const UNKNOWN: &str = "NOSCRIPT No matching script. Please use EVAL.";

pub(super) fn eval(call: &mut FrontCall<'_>, is_read_only: bool) -> Result<(), Error> {
    let body = call.args[1];
    run(call, is_read_only, |scripts| {
        scripts.load(body, false).map(Arc::clone).map_err(error)
    })
}

pub(super) fn evalsha(call: &mut FrontCall<'_>, is_read_only: bool) -> Result<(), Error> {
    let digits = call.args[1];
    if !is_digest(digits) {
        return Err(error(UNKNOWN));
    }
    run(call, is_read_only, |scripts| {
        let script = scripts.get(digits).map(Arc::clone);
        script.ok_or_else(|| error(UNKNOWN))
    })
}

fn run(
    call: &mut FrontCall<'_>,
    is_read_only: bool,
    find: impl FnOnce(&mut Scripts) -> Result<Arc<Script>, Error>,
) -> Result<(), Error> {
    let args = call.args;
    let given = given(&args[2..], Error::NotInteger)?;
    with_parts(call, |call, parts| {
        let shared = call.shared;
        let mut engine = shared.scripting.engine()?;
        let scripts = engine.scripts()?;
        let script = find(scripts)?;
        may_run(call, script.flags, is_read_only)?;
        let runs = Runs {
            name: script.name().as_bytes(),
            is_function: false,
            is_read_only: is_read_only || script.flags.has(Flags::NO_WRITES),
            allows_oom: script.flags.has(Flags::ALLOW_OOM),
        };
        run_with(call, parts, &runs, |host, reply| {
            scripts.run(&script, given.keys, given.args, host, reply);
        });
        Ok(())
    })
}

/// Whether what says that of itself may be run by a command that only reads.
pub(super) fn may_run(call: &FrontCall<'_>, flags: Flags, is_read_only: bool) -> Result<(), Error> {
    let says_nothing = flags.has(Flags::COMPATIBLE);
    let needs_room = !flags.has(Flags::ALLOW_OOM) && !flags.has(Flags::NO_WRITES);
    if !says_nothing && needs_room && !call.session.has_room {
        return Err(NO_ROOM);
    }
    if is_read_only && !says_nothing && !flags.has(Flags::NO_WRITES) {
        let text = "ERR Can not execute a script with write flag using *_ro command.";
        return Err(error(text));
    }
    Ok(())
}
