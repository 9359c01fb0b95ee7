//! `DEBUG subcommand …`: what tests of servers need, and nothing that could harm one. It is refused unless `enable-debug-command`
//! was set when the server began.

use std::time::Duration;

use synod_cache::command::{Error, debug_object};
use synod_cache::{glob, integer};

use crate::config::Id;
use crate::front::FrontCall;

const ENABLED: Id = Id::of("enable-debug-command");
/// Nobody sleeps longer.
const SLEEP_SECONDS_MAX: f64 = 60.0;

const LINES: &[&str] = &[
    "CHANGE-REPL-ID",
    "    Does nothing: replication is no affair of clients.",
    "ERROR <string>",
    "    Answers this error.",
    "OBJECT <key>",
    "    How a value is kept.",
    "QUICKLIST-PACKED-THRESHOLD <size>",
    "    Does nothing.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    Whether what expired is removed before somebody meets it.",
    "SET-DISABLE-DENY-SCRIPTS <0|1>",
    "    Does nothing.",
    "SLEEP <seconds>",
    "    The thread that has the client does nothing else for so long.",
    "STRINGMATCH-LEN <length> <pattern>",
    "    How long it takes to match a text of so many letters.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    if !may_debug(call) {
        return Err(Error::text(
            "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local \
             connection, otherwise you need to set this option in the configuration file, and then restart the server.",
        ));
    }
    let name = call.args[1].to_ascii_lowercase();
    match (name.as_slice(), &call.args[2..]) {
        (b"help", []) => call.help(LINES),
        (b"object", [_, ..]) => object(call)?,
        (b"sleep", [seconds]) => sleep(call, seconds),
        (b"set-active-expire", [flag]) => {
            let expires = integer(flag).unwrap_or_default() != 0;
            call.shared.about.set_expiring(expires);
            call.session.reply.ok();
        }
        (b"error", [text]) => {
            let text = String::from_utf8_lossy(text);
            call.session.reply.error(&text);
        }
        (b"quicklist-packed-threshold" | b"set-disable-deny-scripts", [_])
        | (b"change-repl-id", []) => call.session.reply.ok(),
        (b"stringmatch-len", [length, pattern]) => {
            const LENGTH_MAX: usize = 1 << 20;
            let length = integer(length).and_then(|it| usize::try_from(it).ok());
            let text = vec![b'x'; length.unwrap_or_default().min(LENGTH_MAX)];
            let _ = glob::matches(pattern, &text);
            call.session.reply.ok();
        }
        _ => return Err(Error::subcommand_syntax(call.args)),
    }
    Ok(())
}

fn may_debug(call: &FrontCall<'_>) -> bool {
    match call.shared.config.text(ENABLED).as_str() {
        "yes" => true,
        "local" => {
            let peer = call
                .session
                .client
                .place
                .peer
                .parse::<std::net::SocketAddr>();
            peer.is_ok_and(|peer| peer.ip().is_loopback())
        }
        _ => false,
    }
}

fn object(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (at, reply) = ((call.session.database, call.now), &mut call.session.reply);
    call.parts.run(debug_object(), call.args, at, reply)?;
    Ok(())
}

fn sleep(call: &mut FrontCall<'_>, seconds: &[u8]) {
    let seconds = String::from_utf8_lossy(seconds);
    let seconds = seconds.parse::<f64>().unwrap_or_default();
    // Not a number is no time.
    let seconds = seconds.clamp(0.0, SLEEP_SECONDS_MAX);
    if let Ok(time) = Duration::try_from_secs_f64(seconds) {
        std::thread::sleep(time);
    }
    call.session.reply.ok();
}
