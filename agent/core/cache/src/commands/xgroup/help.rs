//! `XGROUP HELP`

use crate::command::{Call, Error};

const LINES: &[&str] = &[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Make a group that reads what comes after this entry. Options are:",
    "    * MKSTREAM",
    "      Make an empty stream first if there is none.",
    "    * ENTRIESREAD entries_read",
    "      How many entries there were up to that one.",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Make a consumer of the group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Remove a consumer, and all that is pending for it.",
    "DESTROY <key> <groupname>",
    "    Remove a group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Let the group go on with what comes after this entry.",
];

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    call.help(LINES);
    Ok(())
}
