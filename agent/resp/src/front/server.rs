//! Commands about the server.

use synod_cache::command::Error;

use super::{FrontCall, unknown};

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.command() {
        "acl" => return super::acl::run(call),
        "config" => call.session.reply.array(0),
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}
