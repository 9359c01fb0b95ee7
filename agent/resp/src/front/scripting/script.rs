//! `SCRIPT LOAD`, `EXISTS`, `FLUSH`, `KILL`, `DEBUG`, `HELP`.

use synod_cache::command::Error;

use super::{FrontCall, error};

const HELP: &[&str] = &[
    "DEBUG (YES|SYNC|NO)",
    "    Whether scripts are looked at while they run, which they cannot be.",
    "EXISTS <sha1> [<sha1> ...]",
    "    Which of these scripts are known.",
    "FLUSH [ASYNC|SYNC]",
    "    Forgets all scripts.",
    "    The words are taken for the sake of clients:",
    "    * ASYNC,",
    "    * SYNC:",
    "    either is done at once.",
    "KILL",
    "    Ends the script that runs, unless it has written.",
    "LOAD <script>",
    "    Makes a script known, and tells its digest.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let scripting = &call.shared.scripting;
    match call.spec.name {
        "debug" => return debug(call),
        "exists" => {
            let mut engine = scripting.engine()?;
            let scripts = engine.scripts()?;
            let digits = &call.args[2..];
            call.session.reply.array(digits.len());
            for digits in digits {
                let is_known = scripts.has(digits);
                call.session.reply.integer(i64::from(is_known));
            }
        }
        "flush" => {
            if !is_flush(&call.args[2..]) {
                return Err(error("ERR SCRIPT FLUSH only support SYNC|ASYNC option"));
            }
            scripting.engine()?.forget_scripts();
            call.session.reply.ok();
        }
        "kill" => {
            scripting.kill(false)?;
            call.session.reply.ok();
        }
        "load" => {
            let mut engine = scripting.engine()?;
            let script = engine.scripts()?.load(call.args[2], true).map_err(error)?;
            call.session.reply.bulk(script.name().as_bytes());
        }
        _ => call.help(HELP),
    }
    Ok(())
}

/// Whether it says how to flush, or nothing. It is done at once, however.
pub(super) fn is_flush(args: &[&[u8]]) -> bool {
    let is_how =
        |how: &[u8]| how.eq_ignore_ascii_case(b"sync") || how.eq_ignore_ascii_case(b"async");
    args.is_empty() || args.len() == 1 && is_how(args[0])
}

/// There is no debugger.
fn debug(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let mode = call.args[2];
    if mode.eq_ignore_ascii_case(b"no") {
        call.session.reply.ok();
        return Ok(());
    }
    let is_known = mode.eq_ignore_ascii_case(b"yes") || mode.eq_ignore_ascii_case(b"sync");
    Err(error(if is_known {
        "ERR SCRIPT DEBUG is not supported"
    } else {
        "ERR Use SCRIPT DEBUG YES/SYNC/NO"
    }))
}
