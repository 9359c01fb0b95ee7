//! `ACL SETUSER username [rule …]`: all rules are followed, or none.

use synod_cache::command::Error;

use crate::acl::{has_spaces, whole_rules};
use crate::front::FrontCall;

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
    changed?;
    call.session.reply.ok();
    Ok(())
}
