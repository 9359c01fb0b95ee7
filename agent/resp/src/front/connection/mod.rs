//! Commands about the client's connection.

mod auth;
mod client;
mod hello;
mod reset;

use synod_cache::command::{Error, database_number};
use synod_cache::reply::Protocol;

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "auth" => return auth::run(call),
        "client" => return client::run(call),
        "echo" => call.session.reply.bulk(call.args[1]),
        "hello" => return hello::run(call),
        "ping" => return ping(call),
        "quit" => quit(call),
        "reset" => reset::run(call),
        "select" => return select(call),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn ping(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let is_older = call.session.reply.protocol() == Protocol::Resp2;
    let is_confined = is_older && call.session.subscribed();
    match call.args {
        [_, rest @ ..] if is_confined && rest.len() < 2 => {
            // It has to look as what it is sent besides.
            let reply = &mut call.session.reply;
            reply.array(2);
            reply.bulk(b"pong");
            reply.bulk(rest.first().copied().unwrap_or_default());
        }
        [_] => call.session.reply.simple("PONG"),
        [_, text] => call.session.reply.bulk(text),
        _ => return Err(Error::Arity("ping")),
    }
    Ok(())
}

fn quit(call: &mut FrontCall<'_>) {
    call.session.reply.ok();
    call.session.ends = true;
}

fn select(call: &mut FrontCall<'_>) -> Result<(), Error> {
    call.session.database = database_number(call.args[1])?;
    call.session.reply.ok();
    Ok(())
}
