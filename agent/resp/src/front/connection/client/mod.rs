//! `CLIENT`: who clients are, and what is done about them.

mod help;
mod kill;
mod list;
mod names;
mod pause;
mod reply;
mod tracking;
mod unblock;

use synod_cache::command::Error;

pub(super) use names::{check_name, set_name};

use crate::client::Kind;
use crate::front::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "caching" | "getredir" | "tracking" | "trackinginfo" => return tracking::run(call),
        "getname" => names::get(call),
        "help" => help::run(call),
        "id" => call.session.reply.integer(call.session.id.cast_signed()),
        "info" => list::info(call),
        "kill" => return kill::run(call),
        "list" => return list::run(call),
        "no-evict" => call.session.is_kept = switched(call)?,
        "no-touch" => call.session.touches_nothing = switched(call)?,
        "pause" => return pause::run(call),
        "reply" => return reply::run(call),
        "setinfo" => return names::set_info(call),
        "setname" => return names::set(call),
        "unblock" => return unblock::run(call),
        "unpause" => pause::end(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

/// What the last argument says, `ON` or `OFF`; it is answered that it is so.
fn switched(call: &mut FrontCall<'_>) -> Result<bool, Error> {
    let is_on = match call.args[2].to_ascii_lowercase().as_slice() {
        b"on" => true,
        b"off" => false,
        _ => return Err(Error::Syntax),
    };
    call.session.reply.ok();
    Ok(is_on)
}

fn kind(name: &[u8]) -> Result<Kind, Error> {
    Kind::named(name).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        Error::Other(format!("ERR Unknown client type '{name}'").into())
    })
}
