//! `COMMAND LIST [FILTERBY MODULE module | ACLCAT category | PATTERN pattern]`

use synod_cache::command::{Error, all};
use synod_cache::glob;

use crate::acl::{Called, category_named};
use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    let named: Vec<String> = match &call.args[2..] {
        [] => all().map(|command| command.name.to_owned()).collect(),
        [word, by, what] if word.eq_ignore_ascii_case(b"filterby") => filtered(by, what)?,
        _ => return Err(Error::Syntax),
    };
    let reply = &mut call.session.reply;
    reply.array(named.len());
    named.iter().for_each(|name| reply.bulk(name.as_bytes()));
    Ok(())
}

/// Commands and subcommands.
fn filtered(by: &[u8], what: &[u8]) -> Result<Vec<String>, Error> {
    let every = all().flat_map(Called::all_of);
    let is = |word: &str| by.eq_ignore_ascii_case(word.as_bytes());
    match () {
        // There are no modules.
        () if is("module") => Ok(Vec::new()),
        () if is("aclcat") => {
            let category = category_named(what);
            let has = |called: &Called| {
                category.is_some_and(|category| called.spec.all_categories().has(category))
            };
            Ok(every.filter(has).map(|it| it.full_name()).collect())
        }
        () if is("pattern") => {
            let names = every.map(|called| called.full_name());
            let pattern = what.to_ascii_lowercase();
            Ok(names
                .filter(|name| glob::matches(&pattern, name.as_bytes()))
                .collect())
        }
        () => Err(Error::Syntax),
    }
}
