//! `CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]`, and `CLIENT INFO`

use std::sync::Arc;

use synod_cache::command::Error;
use synod_cache::integer;

use crate::client::Client;
use crate::front::FrontCall;

pub(super) fn info(call: &mut FrontCall<'_>) {
    let own = Arc::clone(&call.session.client);
    answer(call, &[own]);
}

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let shared = call.shared;
    let is = |word: &[u8], name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    let clients = match &call.args[2..] {
        [] => shared.clients.all(),
        [word, kind] if is(word, "type") => {
            let kind = super::kind(kind)?;
            let mut clients = shared.clients.all();
            clients.retain(|client| client.known().activity.kind() == kind);
            clients
        }
        [word, ids @ ..] if is(word, "id") && !ids.is_empty() => {
            let mut clients = Vec::new();
            for id in ids {
                let id = integer(id).ok_or(Error::text("ERR Invalid client ID"))?;
                clients.extend(u64::try_from(id).ok().and_then(|id| shared.clients.of(id)));
            }
            clients
        }
        _ => return Err(Error::Syntax),
    };
    answer(call, &clients);
    Ok(())
}

fn answer(call: &mut FrontCall<'_>, clients: &[Arc<Client>]) {
    call.session.note(call.now);
    let mut text = String::new();
    for client in clients {
        text += &client.line(call.now);
        text.push('\n');
    }
    call.session.reply.verbatim("txt", &text);
}
