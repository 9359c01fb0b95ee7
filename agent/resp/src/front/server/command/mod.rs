//! `COMMAND [COUNT | DOCS [command …] | GETKEYS command … | GETKEYSANDFLAGS command … | HELP | INFO [command …] | LIST [FILTERBY …]]`
//!
//! All is answered from the table of commands. `DOCS` tells neither arguments nor history nor complexity.
//!
//! <https://redis.io/docs/latest/commands/command/>

mod docs;
mod info;
mod keys;
mod list;

use synod_cache::command::{Error, all};

use crate::acl::Called;
use crate::front::{FrontCall, unknown};

const LINES: &[&str] = &[
    "(no subcommand)",
    "    What is known of all commands.",
    "COUNT",
    "    How many commands there are.",
    "LIST [FILTERBY MODULE <module> | ACLCAT <category> | PATTERN <pattern>]",
    "    The names of commands, all or some.",
    "INFO [<command-name> ...]",
    "    What is known of some commands, or of all.",
    "DOCS [<command-name> ...]",
    "    What some commands are for, or all.",
    "GETKEYS <full-command>",
    "    The keys of a call.",
    "GETKEYSANDFLAGS <full-command>",
    "    The keys of a call, and what is done with each.",
];

pub(super) fn run(call: &mut FrontCall<'_>) -> Result<(), Error> {
    match call.spec.name {
        "command" => info::all_of_them(call),
        "count" => call.session.reply.count(all().count()),
        "docs" => docs::run(call),
        "getkeys" => keys::run(call, false)?,
        "getkeysandflags" => keys::run(call, true)?,
        "help" => call.help(LINES),
        "info" => info::run(call),
        "list" => list::run(call)?,
        _ => return Err(unknown(call.args)),
    }
    Ok(())
}

/// All commands, without their subcommands.
fn commands() -> impl Iterator<Item = Called> {
    all().map(|command| Called {
        command,
        spec: command,
    })
}
