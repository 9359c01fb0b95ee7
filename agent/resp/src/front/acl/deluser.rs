//! `ACL DELUSER username [username …]`: whoever is one of these users is gone.

use std::sync::Arc;

use synod_cache::command::Error;

use crate::acl::{Account, DEFAULT};
use crate::client::kill;
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let names = &call.args[2..];
    if names.contains(&DEFAULT) {
        return Err(Error::text("ERR The 'default' user cannot be removed"));
    }
    let accounts = &call.shared.accounts;
    let removed = names.iter().filter_map(|name| accounts.remove(name));
    let removed: Vec<_> = removed.collect();
    for account in &removed {
        end(call, account);
    }
    call.session.reply.count(removed.len());
    Ok(())
}

/// Ends the connections of a user. The one who says so is answered first.
fn end(call: &mut FrontCall<'_>, account: &Arc<Account>) {
    if Arc::ptr_eq(&call.session.account, account) {
        call.session.ends = true;
    }
    for client in call.shared.clients.all() {
        let is_of = Arc::ptr_eq(&client.known().account, account);
        if is_of && client.id != call.session.id {
            kill(&client, &call.shared.mailboxes);
        }
    }
}
