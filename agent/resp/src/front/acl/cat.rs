//! `ACL CAT [category]`

use synod_cache::command::{Error, all};

use crate::acl::{Called, categories, category_named};
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let names: Vec<String> = match &call.args[2..] {
        [] => categories().map(|(_, name)| name.to_owned()).collect(),
        [name] => commands(name)?,
        _ => return Err(Error::subcommand_syntax(call.args)),
    };
    let reply = &mut call.session.reply;
    reply.array(names.len());
    for name in names {
        reply.bulk(name.as_bytes());
    }
    Ok(())
}

/// The commands and subcommands of a category.
fn commands(name: &[u8]) -> Result<Vec<String>, Error> {
    let category = category_named(name).ok_or_else(|| {
        let name = String::from_utf8_lossy(&name[..name.len().min(128)]);
        Error::Other(format!("ERR Unknown category '{name}'").into())
    })?;
    let called = all().flat_map(|command| {
        let specs = std::iter::once(command).chain(command.subcommands);
        specs.map(move |spec| Called { command, spec })
    });
    let those = called.filter(|called| called.spec.all_categories().has(category));
    Ok(those.map(|called| called.full_name()).collect())
}
