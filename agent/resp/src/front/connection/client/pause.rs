//! `CLIENT PAUSE timeout [WRITE | ALL]`, and `CLIENT UNPAUSE`

use synod_cache::command::Error;
use synod_cache::integer;

use crate::front::FrontCall;
use crate::mailbox::Mailbox;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (for_how_long, all) = match &call.args[2..] {
        [time] => (*time, true),
        [time, mode] => (*time, mode_is_all(mode)?),
        _ => return Err(Error::subcommand_syntax(call.args)),
    };
    let milliseconds = integer(for_how_long);
    let milliseconds =
        milliseconds.ok_or(Error::text("ERR timeout is not an integer or out of range"))?;
    if milliseconds < 0 {
        return Err(Error::text("ERR timeout is negative"));
    }
    let until = call.now.checked_add(milliseconds);
    let until = until.ok_or(Error::text("ERR timeout is out of range"))?;
    call.shared.pause.begin(until, all, call.now);
    call.session.reply.ok();
    Ok(())
}

fn mode_is_all(mode: &[u8]) -> Result<bool, Error> {
    match mode.to_ascii_lowercase().as_slice() {
        b"write" => Ok(false),
        b"all" => Ok(true),
        _ => Err(Error::text("ERR CLIENT PAUSE mode must be WRITE or ALL")),
    }
}

pub(super) fn end(call: &mut FrontCall<'_>) {
    call.shared.pause.end();
    call.shared.mailboxes.iter().for_each(Mailbox::wake);
    call.session.reply.ok();
}
