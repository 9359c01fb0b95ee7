//! `ACL SETUSER username [rule …]`: all rules are followed, or none.

use std::sync::Arc;

use synod_cache::command::Error;

use crate::acl::{Account, has_spaces, whole_rules};
use crate::front::FrontCall;
use crate::mailbox::Message;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (name, rules) = (call.args[2], &call.args[3..]);
    if has_spaces(name) {
        return Err(Error::text(
            "ERR Usernames can't contain spaces or null characters",
        ));
    }
    let rules = whole_rules(rules).map_err(|open| {
        let open = String::from_utf8_lossy(rules[open]);
        let text = format!("ERR Unmatched parenthesis in acl selector starting at '{open}'.");
        Error::Other(text.into())
    })?;
    let changed = call.shared.accounts.change(name, |user| {
        rules.iter().try_for_each(|rule| {
            user.follow(rule).map_err(|error| {
                let rule = String::from_utf8_lossy(rule);
                let text = format!("ERR Error in ACL SETUSER modifier '{rule}': {error}");
                Error::Other(text.into())
            })
        })
    });
    if let Some(account) = changed? {
        judge(call, &account);
    }
    call.session.reply.ok();
    Ok(())
}

/// Those who listen to channels that they may not hear any more are closed. The one who says so is answered first.
fn judge(call: &mut FrontCall<'_>, account: &Arc<Account>) {
    let is_of = |one: &Arc<Account>| Arc::ptr_eq(one, account);
    if is_of(&call.session.account) && call.session.hears_too_much() {
        call.session.ends = true;
    }
    for client in call.shared.clients.all() {
        if client.id != call.session.id && is_of(&client.known().account) {
            let client_id = client.id;
            call.shared.mailboxes[client.worker].post(Message::Judge { client: client_id });
        }
    }
}
