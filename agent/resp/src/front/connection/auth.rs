//! `AUTH [username] password`

use synod_cache::command::Error;

use crate::acl::{Context, DEFAULT, Reason};
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let (name, password) = match call.args {
        [_, password] => {
            let default = call.shared.accounts.default_one();
            if default.user().needs_no_password {
                return Err(NO_PASSWORD);
            }
            (DEFAULT, *password)
        }
        [_, name, password] => (*name, *password),
        _ => return Err(Error::Syntax),
    };
    become_user(call, name, password)?;
    call.session.reply.ok();
    Ok(())
}

/// Becomes a user, if the password is its own; a failure is logged.
pub(super) fn become_user(
    call: &mut FrontCall<'_>,
    name: &[u8],
    password: &[u8],
) -> Result<(), Error> {
    let session = &mut *call.session;
    let Some(account) = call.shared.accounts.proved(name, password) else {
        let context = if session.transaction.is_some() {
            Context::Multi
        } else {
            Context::TopLevel
        };
        let why = (Reason::Auth, context);
        session.log(call.shared, call.now, why, call.args[0], name);
        return Err(WRONG_PASSWORD);
    };
    session.become_user(account, true);
    Ok(())
}

const NO_PASSWORD: Error = Error::text(
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
);
const WRONG_PASSWORD: Error =
    Error::text("WRONGPASS invalid username-password pair or user is disabled.");
