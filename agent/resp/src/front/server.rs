//! Commands about the server.

use synod_cache::command::Error;
use synod_cache::notice::Events;

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "monitor" => return monitor(call),
        "config" => return config(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

/// From now on the client is sent all commands. Called again it does nothing, and answers nothing.
fn monitor(call: &mut FrontCall<'_>) -> Result<(), Error> {
    if call.session.executes {
        let words = "ERR MONITOR isn't allowed for DENY BLOCKING client";
        return Err(Error::Other(words.into()));
    }
    if !call.session.listening().monitors {
        call.session.set_monitors(true, call.shared);
        call.session.reply.ok();
    }
    Ok(())
}

/// Some settings, until there are all.
fn config(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let [_, set, name, value] = call.args else {
        return get(call);
    };
    let value = String::from_utf8_lossy(value);
    let shared = call.shared;
    let is_set = set.eq_ignore_ascii_case(b"set")
        && match name.to_ascii_lowercase().as_slice() {
            b"notify-keyspace-events" => {
                let events = Events::parse(&value);
                events.map(|events| shared.set_events(events)).is_some()
            }
            b"client-output-buffer-limit" => {
                let limits = shared.output_limits().with(&value);
                limits
                    .map(|limits| shared.set_output_limits(limits))
                    .is_ok()
            }
            b"tracking-table-max-keys" => {
                let keys_max = value.parse();
                let set = |keys_max| shared.following.set_keys_max(keys_max);
                keys_max.map(set).is_ok()
            }
            _ => false,
        };
    if !is_set {
        return Err(Error::Syntax);
    }
    call.session.reply.ok();
    Ok(())
}

fn get(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let shared = call.shared;
    let value = match call.args {
        [_, _, b"notify-keyspace-events"] => shared.events().to_string(),
        [_, _, b"client-output-buffer-limit"] => shared.output_limits().to_string(),
        [_, _, b"tracking-table-max-keys"] => shared.following.keys_max().to_string(),
        _ => {
            call.session.reply.array(0);
            return Ok(());
        }
    };
    let reply = &mut call.session.reply;
    reply.map(1);
    reply.bulk(call.args[2]);
    reply.bulk(value.as_bytes());
    Ok(())
}
