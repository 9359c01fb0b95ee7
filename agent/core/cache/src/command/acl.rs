//! Commands for users and what they may do.

use super::spec::{Spec, Traits};

/// They.
pub(super) const ROWS: &[Spec] =
    &[Spec::container("acl", ACL).about("server", "6.0.0", "Users, and what they may do.")];

const ACL: &[Spec] = &[
    Spec::front("cat", -2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .about(
            "server",
            "6.0.0",
            "The categories of commands, or the commands of one.",
        ),
    Spec::front("deluser", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about(
            "server",
            "6.0.0",
            "Removes users, and ends their connections.",
        ),
    Spec::front("dryrun", -4)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about(
            "server",
            "7.0.0",
            "Whether a user may call a command, without calling it.",
        ),
    Spec::front("genpass", -2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .about("server", "6.0.0", "A password that nobody can guess."),
    Spec::front("getuser", 3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "6.0.0", "The rules of a user."),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .about("server", "6.0.0", "How the subcommands are called."),
    Spec::front("list", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "6.0.0", "The rules of all users."),
    Spec::front("load", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "6.0.0", "Reads the rules from their file."),
    Spec::front("log", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "6.0.0", "What users were denied."),
    Spec::front("save", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "6.0.0", "Writes the rules to their file."),
    Spec::front("setuser", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about(
            "server",
            "6.0.0",
            "Changes the rules of a user, or of a new one.",
        ),
    Spec::front("users", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "6.0.0", "The names of all users."),
    Spec::front("whoami", 2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .about("server", "6.0.0", "The name of the user that one is."),
];
