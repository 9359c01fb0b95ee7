//! `CLIENT KILL <ip:port | [ID client-id] [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [USER username] [ADDR ip:port]
//! [LADDR ip:port] [SKIPME yes/no] …>`

use std::sync::Arc;

use synod_cache::command::Error;
use synod_cache::integer;

use crate::Shared;
use crate::acl::Account;
use crate::client::{Client, Kind, kill};
use crate::front::FrontCall;

/// Which clients: those of which all is so that is said.
struct Filter<'a> {
    id: Option<u64>,
    kind: Option<Kind>,
    account: Option<Arc<Account>>,
    peer: Option<&'a [u8]>,
    own: Option<&'a [u8]>,
    /// Not the one who says so.
    skips_me: bool,
}

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match &call.args[2..] {
        [address] => {
            let filter = Filter {
                peer: Some(address),
                skips_me: false,
                ..Filter::all()
            };
            if kill_all(call, &filter) == 0 {
                return Err(Error::text("ERR No such client"));
            }
            call.session.reply.ok();
        }
        options => {
            let filter = Filter::parse(options, call.shared)?;
            let killed = kill_all(call, &filter);
            call.session.reply.count(killed);
        }
    }
    Ok(())
}

/// How many. The one who says so is answered before it is closed.
fn kill_all(call: &mut FrontCall<'_>, filter: &Filter<'_>) -> usize {
    call.session.note(call.now);
    let own = call.session.id;
    let mut clients = call.shared.clients.all();
    clients.retain(|client| filter.is_of(client) && !(filter.skips_me && client.id == own));
    for client in &clients {
        if client.id == own {
            call.session.ends = true;
        } else {
            kill(client, &call.shared.mailboxes);
        }
    }
    clients.len()
}

impl<'a> Filter<'a> {
    const fn all() -> Self {
        Self {
            id: None,
            kind: None,
            account: None,
            peer: None,
            own: None,
            skips_me: true,
        }
    }

    fn parse(options: &[&'a [u8]], shared: &Shared) -> Result<Self, Error> {
        let mut filter = Self::all();
        for option in options.chunks(2) {
            let [name, value] = option else {
                return Err(Error::Syntax);
            };
            match name.to_ascii_lowercase().as_slice() {
                b"id" => filter.id = Some(id(value)?),
                b"type" => filter.kind = Some(super::kind(value)?),
                b"addr" => filter.peer = Some(value),
                b"laddr" => filter.own = Some(value),
                b"user" => filter.account = Some(account(value, shared)?),
                b"skipme" => filter.skips_me = yes_or_no(value)?,
                _ => return Err(Error::Syntax),
            }
        }
        Ok(filter)
    }

    fn is_of(&self, client: &Client) -> bool {
        let known = client.known();
        let is_address = |wanted: Option<&[u8]>, address: &str| {
            wanted.is_none_or(|wanted| wanted == address.as_bytes())
        };
        let account = self.account.as_ref();
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind == known.activity.kind())
            && account.is_none_or(|account| Arc::ptr_eq(account, &known.account))
            && is_address(self.peer, &client.place.peer)
            && is_address(self.own, &client.place.own)
    }
}

fn id(text: &[u8]) -> Result<u64, Error> {
    let id = integer(text).and_then(|id| u64::try_from(id).ok());
    let id = id.filter(|id| *id > 0);
    id.ok_or(Error::text("ERR client-id should be greater than 0"))
}

fn account(name: &[u8], shared: &Shared) -> Result<Arc<Account>, Error> {
    shared.accounts.named(name).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        Error::Other(format!("ERR No such user '{name}'").into())
    })
}

fn yes_or_no(text: &[u8]) -> Result<bool, Error> {
    match text.to_ascii_lowercase().as_slice() {
        b"yes" => Ok(true),
        b"no" => Ok(false),
        _ => Err(Error::Syntax),
    }
}
