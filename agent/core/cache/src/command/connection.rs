//! Commands for connections.

use super::spec::{Categories, Spec, Traits};
use super::tracking;

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::front("auth", -2)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::NO_AUTH,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::CONNECTION])
        .about("connection", "1.0.0", "Becomes a user, by its password."),
    Spec::container("client", CLIENT).about(
        "connection",
        "2.4.0",
        "Clients: who they are, and what is done about them.",
    ),
    Spec::front("echo", 2)
        .flags(&[Traits::LOADING, Traits::STALE, Traits::FAST])
        .categories(&[Categories::CONNECTION])
        .about("connection", "1.0.0", "Answers what it is told."),
    Spec::front("hello", -1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::NO_AUTH,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::CONNECTION])
        .about(
            "connection",
            "6.0.0",
            "Chooses the protocol, and says who one is.",
        ),
    Spec::front("ping", -1)
        .flags(&[Traits::FAST])
        .categories(&[Categories::CONNECTION])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about(
            "connection",
            "1.0.0",
            "Answers, so that one knows that the server lives.",
        ),
    Spec::front("quit", -1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::NO_AUTH,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::CONNECTION])
        .about("connection", "1.0.0", "Ends the connection."),
    Spec::front("reset", 1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::NO_AUTH,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::CONNECTION])
        .about(
            "connection",
            "6.2.0",
            "Forgets all that the connection was told.",
        ),
    Spec::front("select", 2)
        .flags(&[Traits::LOADING, Traits::STALE, Traits::FAST])
        .categories(&[Categories::CONNECTION])
        .about("connection", "1.0.0", "Chooses the database."),
];

const CLIENT: &[Spec] = &[
    tracking::CACHING,
    Spec::front("getname", 2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("connection", "2.6.9", "The name of the connection."),
    tracking::GETREDIR,
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("connection", "5.0.0", "How the subcommands are called."),
    Spec::front("id", 2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("connection", "5.0.0", "The number of the connection."),
    Spec::front("info", 2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .tips(&["nondeterministic_output"])
        .about("connection", "6.2.0", "What is known of the connection."),
    Spec::front("kill", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .categories(&[Categories::CONNECTION])
        .about("connection", "2.4.0", "Ends connections."),
    Spec::front("list", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .categories(&[Categories::CONNECTION])
        .tips(&["nondeterministic_output"])
        .about("connection", "2.4.0", "What is known of all connections."),
    Spec::front("no-evict", 3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .categories(&[Categories::CONNECTION])
        .about(
            "connection",
            "7.0.0",
            "Whether the connection stays when memory runs out.",
        ),
    Spec::front("no-touch", 3)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about(
            "connection",
            "7.2.0",
            "Whether keys are taken for used when the connection uses them.",
        ),
    Spec::front("pause", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .categories(&[Categories::CONNECTION])
        .about("connection", "2.9.50", "Has clients wait for a while."),
    Spec::front("reply", 3)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("connection", "3.2.0", "Whether commands are answered."),
    Spec::front("setinfo", 4)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .about("connection", "7.2.0", "Which library the client uses."),
    Spec::front("setname", 3)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("connection", "2.6.9", "Names the connection."),
    tracking::TRACKING,
    tracking::TRACKINGINFO,
    Spec::front("unblock", -3)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .categories(&[Categories::CONNECTION])
        .about("connection", "5.0.0", "Answers a client that waits."),
    Spec::front("unpause", 2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .categories(&[Categories::CONNECTION])
        .about("connection", "6.2.0", "Has clients wait no longer."),
];
