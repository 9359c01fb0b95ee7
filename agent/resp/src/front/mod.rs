//! Commands about clients and the server.

mod transactions;

use std::fmt::Write as _;

use synod_cache::command::{Error, Spec};

use crate::Shared;
use crate::session::Session;

/// Carries one out.
pub(crate) fn run(session: &mut Session, shared: &Shared, now: i64, spec: &Spec, args: &[&[u8]]) {
    let done = match spec.name {
        "multi" => transactions::multi(session),
        "exec" => transactions::exec(session, shared, now),
        "discard" => transactions::discard(session, shared),
        "watch" => transactions::watch(session, shared, now, &args[1..]),
        "unwatch" => {
            transactions::unwatch(session, shared);
            Ok(())
        }
        "ping" => {
            match args.get(1) {
                None => session.reply.simple("PONG"),
                Some(text) => session.reply.bulk(text),
            }
            Ok(())
        }
        "config" => {
            session.reply.array(0);
            Ok(())
        }
        _ => Err(unknown(args)),
    };
    if let Err(error) = done {
        session.reply.error(&error.to_string());
    }
}

/// What is answered to a command that there is not.
pub(crate) fn unknown(args: &[&[u8]]) -> Error {
    const SHOWN: usize = 128;
    let shown =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]).into_owned();
    let mut text = String::new();
    for argument in &args[1..] {
        if text.len() >= SHOWN {
            break;
        }
        let _ = write!(text, "'{}' ", shown(argument));
    }
    let name = shown(args[0]);
    Error::Other(format!("ERR unknown command '{name}', with args beginning with: {text}").into())
}
