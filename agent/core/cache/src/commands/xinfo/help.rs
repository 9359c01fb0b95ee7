//! `XINFO HELP`

use crate::command::{Call, Error};

const LINES: &[&str] = &[
    "CONSUMERS <key> <groupname>",
    "    The consumers of the group.",
    "GROUPS <key>",
    "    The groups of the stream.",
    "STREAM <key> [FULL [COUNT <count>]]",
    "    What is known of the stream, or all that is in it.",
];

pub(crate) fn run(call: &mut Call<'_>) -> Result<(), Error> {
    call.help(LINES);
    Ok(())
}
