//! `SLOWLOG GET [count] | LEN | RESET | HELP`
//!
//! <https://redis.io/docs/latest/commands/slowlog-get/>

use synod_cache::command::Error;
use synod_cache::integer;

use crate::front::{FrontCall, unknown};

const LINES: &[&str] = &[
    "GET [<count>]",
    "    The last commands that took long, 10 of them, or all for -1: their numbers,",
    "    when they were called, the microseconds that they took, their arguments,",
    "    the clients' addresses and names.",
    "LEN",
    "    How many there are.",
    "RESET",
    "    Forgets them.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "get" => get(call)?,
        "help" => call.help(LINES),
        "len" => call.session.reply.count(call.shared.slow.len()),
        "reset" => {
            call.shared.slow.reset();
            call.session.reply.ok();
        }
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

fn get(call: &mut FrontCall<'_>) -> Result<(), Error> {
    const COUNT: i64 = 10;
    let count = match call.args[2..] {
        [] => COUNT,
        [count] => integer(count).filter(|it| *it >= -1).ok_or(Error::text(
            "ERR count should be greater than or equal to -1",
        ))?,
        _ => return Err(Error::subcommand_syntax(call.args)),
    };
    let entries = call
        .shared
        .slow
        .newest(usize::try_from(count).unwrap_or(usize::MAX));
    let reply = &mut call.session.reply;
    reply.array(entries.len());
    for entry in entries {
        reply.array(6);
        reply.integer(entry.number);
        reply.integer(entry.at);
        reply.integer(entry.microseconds.cast_signed());
        reply.array(entry.args.len());
        for argument in &entry.args {
            reply.bulk(argument);
        }
        reply.bulk(entry.address.as_bytes());
        reply.bulk(&entry.name);
    }
    Ok(())
}
