//! `ACL HELP`

use crate::front::FrontCall;

pub(super) fn run(call: &mut FrontCall<'_>) {
    call.help(LINES);
}

const LINES: &[&str] = &[
    "CAT [<category>]",
    "    The commands of a category; all categories, if none",
    "    is named.",
    "DELUSER <username> [<username> ...]",
    "    Removes users, and closes whoever is one of them.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Whether a user may call this, which is not called.",
    "GETUSER <username>",
    "    What is known of a user.",
    "GENPASS [<bits>]",
    "    A password that nobody guesses, of 256 bits,",
    "    or of as many as are said.",
    "LIST",
    "    All users, each with its rules.",
    "LOAD",
    "    Takes the users from a file, which there is not.",
    "LOG [<count> | RESET]",
    "    What was denied of late; or forgets it.",
    "SAVE",
    "    Writes the users to a file, which there is not.",
    "SETUSER <username> <attribute> [<attribute> ...]",
    "    Changes the rules of a user, or of a new one.",
    "USERS",
    "    The names of all users.",
    "WHOAMI",
    "    The name of the user that the client is.",
];
