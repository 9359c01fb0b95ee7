//! `COMMAND GETKEYS command …`, `COMMAND GETKEYSANDFLAGS command …`

use synod_cache::command::{Error, Traits};

use super::info::names;
use crate::acl::Called;
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>, with_uses: bool) -> Result<(), Error> {
    let args = &call.args[2..];
    let called = Called::by_args(args).ok_or(Error::text("ERR Invalid command specified"))?;
    let spec = called.spec;
    if spec.keys.is_empty() {
        return Err(Error::text("ERR The command has no key arguments"));
    }
    if !spec.takes(args.len()) {
        return Err(Error::text(
            "ERR Invalid number of arguments specified for command",
        ));
    }
    let keys = spec.keys_of(args);
    // Whoever may do without keys has none here.
    if keys.is_empty() && !spec.flags.has(Traits::NO_MANDATORY_KEYS) {
        return Err(Error::text("ERR Invalid arguments specified for command"));
    }
    let reply = &mut call.session.reply;
    reply.array(keys.len());
    for key in keys {
        if with_uses {
            reply.array(2);
        }
        reply.bulk(args[key.index]);
        if with_uses {
            names(reply, key.uses.names());
        }
    }
    Ok(())
}
