//! `ACL DRYRUN username command [arg …]`: whether a user may call a command, without calling it.

use synod_cache::command::Error;

use crate::acl::{Called, Denied};
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (name, args) = (call.args[2], &call.args[3..]);
    let shown = String::from_utf8_lossy;
    let account = call.shared.accounts.named(name);
    let account = account.ok_or_else(|| error(format!("ERR User '{}' not found", shown(name))))?;
    let called = Called::by_args(args);
    let called =
        called.ok_or_else(|| error(format!("ERR Command '{}' not found", shown(args[0]))))?;
    let command = called.full_name();
    if !called.spec.takes(args.len()) {
        let text = format!("ERR wrong number of arguments for '{command}' command");
        return Err(error(text));
    }
    let denied = account.user().check(called, args);
    let what = match denied {
        Ok(()) => {
            call.session.reply.ok();
            return Ok(());
        }
        Err(Denied::Command) => format!("run the '{command}' command"),
        Err(Denied::Key(index)) => format!("access the '{}' key", shown(args[index])),
        Err(Denied::Channel(index)) => format!("access the '{}' channel", shown(args[index])),
    };
    let text = format!("User {} has no permissions to {what}", shown(name));
    call.session.reply.bulk(text.as_bytes());
    Ok(())
}

fn error(text: String) -> Error {
    Error::Other(text.into())
}
