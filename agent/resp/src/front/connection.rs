//! Commands about the client's connection.

use synod_cache::command::Error;

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "ping" => ping(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn ping(call: &mut FrontCall<'_>) {
    match call.args.get(1) {
        None => call.session.reply.simple("PONG"),
        Some(text) => call.session.reply.bulk(text),
    }
}
