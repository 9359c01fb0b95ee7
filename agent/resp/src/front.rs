//! Commands about clients and the server.

use std::fmt::Write as _;

use synod_cache::command::{Error, Spec};

use crate::Shared;
use crate::session::Session;

/// Carries one out.
pub(crate) fn run(session: &mut Session, shared: &Shared, now: i64, spec: &Spec, args: &[&[u8]]) {
    match spec.name {
        "ping" => match args.get(1) {
            None => session.reply.simple("PONG"),
            Some(text) => session.reply.bulk(text),
        },
        "config" => session.reply.array(0),
        _ => session.reply.error(&unknown(args).to_string()),
    }
    let _ = (shared, now);
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
