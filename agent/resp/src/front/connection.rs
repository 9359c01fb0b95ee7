//! Commands about the client's connection.

use synod_cache::command::Error;
use synod_cache::reply::Protocol;

use super::{FrontCall, tracking, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "client" => return client(call),
        "hello" => return hello(call),
        "ping" => ping(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn client(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "id" => {
            let id = call.session.id;
            call.session.reply.integer(id.cast_signed());
            Ok(())
        }
        _ => tracking::run(call),
    }
}

fn hello(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let protocol = match call.args.get(1).copied() {
        Some(b"2") => Protocol::Resp2,
        Some(b"3") => Protocol::Resp3,
        _ => return Err(Error::Syntax),
    };
    let reply = &mut call.session.reply;
    reply.set_protocol(protocol);
    reply.map(0);
    Ok(())
}

fn ping(call: &mut FrontCall<'_>) {
    let is_older = call.session.reply.protocol() == Protocol::Resp2;
    if is_older && call.session.subscribed() {
        // It has to look as what it is sent besides.
        let text = call.args.get(1).copied().unwrap_or_default();
        let reply = &mut call.session.reply;
        reply.array(2);
        reply.bulk(b"pong");
        return reply.bulk(text);
    }
    match call.args.get(1) {
        None => call.session.reply.simple("PONG"),
        Some(text) => call.session.reply.bulk(text),
    }
}
