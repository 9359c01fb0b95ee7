//! `CLIENT UNBLOCK client-id [TIMEOUT | ERROR]`

use synod_cache::command::Error;
use synod_cache::integer;

use crate::front::FrontCall;
use crate::mailbox::Message;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (id, fails) = match &call.args[2..] {
        [id] => (*id, false),
        [id, reason] => (*id, reason_is_error(reason)?),
        _ => return Err(Error::subcommand_syntax(call.args)),
    };
    let id = integer(id).ok_or(Error::NotInteger)?;
    let client = u64::try_from(id).ok();
    let client = client.and_then(|id| call.shared.clients.of(id));
    let unblocked = client.filter(|client| client.unblock());
    if let Some(client) = &unblocked {
        let (client, worker) = (client.id, client.worker);
        call.shared.mailboxes[worker].post(Message::Unblock { client, fails });
    }
    call.session.reply.integer(unblocked.is_some().into());
    Ok(())
}

fn reason_is_error(reason: &[u8]) -> Result<bool, Error> {
    match reason.to_ascii_lowercase().as_slice() {
        b"timeout" => Ok(false),
        b"error" => Ok(true),
        _ => Err(Error::text(
            "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR",
        )),
    }
}
