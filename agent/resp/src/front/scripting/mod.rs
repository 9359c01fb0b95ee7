//! `EVAL`, `FCALL` and their like, `SCRIPT`, `FUNCTION`.

mod eval;
mod fcall;
mod function;
mod host;
mod script;

use synod_cache::command::{Error, Spec};

use super::{FrontCall, unknown};
use crate::monitor;
use crate::part::{Part, Parts};
use crate::scripting;
pub(crate) use function::recall;

/// What a script is to be given.
#[derive(Clone, Copy, Debug)]
struct Given<'a> {
    keys: &'a [&'a [u8]],
    args: &'a [&'a [u8]],
}

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    if runs_scripts(call.spec) {
        show(call);
    }
    match call.command() {
        "eval" => eval::eval(call, false),
        "eval_ro" => eval::eval(call, true),
        "evalsha" => eval::evalsha(call, false),
        "evalsha_ro" => eval::evalsha(call, true),
        "fcall" => fcall::fcall(call, false),
        "fcall_ro" => fcall::fcall(call, true),
        "function" => function::run(call),
        "script" => script::run(call),
        _ => Err(unknown(call.args)),
    }
}

/// Whether it runs scripts.
pub(crate) fn runs_scripts(spec: &Spec) -> bool {
    spec.group == "scripting" && (spec.name.starts_with("eval") || spec.name.starts_with("fcall"))
}

/// The keys and the rest of the arguments, the number of keys before them.
fn given<'a>(args: &'a [&'a [u8]], not_a_number: Error) -> Result<Given<'a>, Error> {
    let (count, rest) = args.split_first().ok_or(Error::Syntax)?;
    let count = synod_cache::number::integer(count).ok_or(not_a_number)?;
    if count > rest.len() as i64 {
        let text = "ERR Number of keys can't be greater than number of args";
        return Err(Error::Other(text.into()));
    }
    let Ok(count) = usize::try_from(count) else {
        return Err(Error::Other("ERR Number of keys can't be negative".into()));
    };
    let (keys, args) = rest.split_at(count);
    Ok(Given { keys, args })
}

/// An error in these words, its code first.
fn error(text: impl AsRef<[u8]>) -> Error {
    let text = String::from_utf8_lossy(text.as_ref()).into_owned();
    Error::Other(text.into())
}

/// Does something with all partitions, with nothing in between: takes them, unless who calls has them.
fn with_parts<R>(
    call: &mut FrontCall<'_>,
    work: impl FnOnce(&mut FrontCall<'_>, Vec<&mut Part>) -> Result<R, Error>,
) -> Result<R, Error> {
    let shared = call.shared;
    if let Parts::Held(mut held) = std::mem::replace(&mut call.parts, Parts::Free(shared)) {
        let done = work(call, held.iter_mut().map(|part| &mut **part).collect());
        call.parts = Parts::Held(held);
        return done;
    }
    let mut guards = scripting::all(shared)?;
    call.session.kept.shows_all();
    guards.keep();
    for part in guards.iter_mut() {
        part.begin(shared, call.now);
    }
    let done = work(call, guards.iter_mut().map(|part| &mut **part).collect());
    for part in guards.iter_mut() {
        part.serve(shared);
        if shared.memory.is_bound() {
            shared.memory.told(part);
        }
    }
    done
}

/// Those who see all commands see this one before those of its script.
fn show(call: &mut FrontCall<'_>) {
    let shared = call.shared;
    if shared.monitors.are_any() {
        let session = &mut *call.session;
        monitor::show(
            shared,
            session.database,
            &session.client.place.peer,
            call.args,
        );
        session.told_others(shared);
    }
}
