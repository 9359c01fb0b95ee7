//! `MONITOR`: from now on the client is sent all commands. Called again it does nothing, and answers nothing.

use synod_cache::command::Error;

use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    if call.session.executed.is_some() {
        return Err(Error::text(
            "ERR MONITOR isn't allowed for DENY BLOCKING client",
        ));
    }
    if !call.session.listening().monitors {
        call.session.set_monitors(true, call.shared);
        call.session.reply.ok();
    }
    Ok(())
}
