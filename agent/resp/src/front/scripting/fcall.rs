//! `FCALL function number key … argument …`, `FCALL_RO …`

use std::sync::Arc;

use synod_cache::command::Error;
use synod_script::Flags;

use super::eval::may_run;
use super::host::{Runs, run_with};
use super::{FrontCall, error, given, with_parts};

pub(super) fn fcall(call: &mut FrontCall<'_>, is_read_only: bool) -> Result<(), Error> {
    let args = call.args;
    with_parts(call, |call, parts| {
        let shared = call.shared;
        let mut engine = shared.scripting.engine()?;
        let functions = engine.functions()?;
        let function = functions.get(args[1]).map(Arc::clone);
        let function = function.ok_or_else(|| error("ERR Function not found"))?;
        let given = given(&args[2..], error("ERR Bad number of keys provided"))?;
        may_run(call, function.flags, is_read_only)?;
        let runs = Runs {
            name: &function.name,
            is_function: true,
            is_read_only: is_read_only || function.flags.has(Flags::NO_WRITES),
            allows_oom: function.flags.has(Flags::ALLOW_OOM),
        };
        run_with(call, parts, &runs, |host, reply| {
            functions.run(&function, given.keys, given.args, host, reply);
        });
        Ok(())
    })
}
