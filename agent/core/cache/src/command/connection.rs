//! Commands for connections and the server.

use super::spec::{Categories, Spec, Traits};
use super::tracking;

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::container("client", CLIENT).about("connection", "2.4.0", "Clients."),
    Spec::front("config", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "2.0.0", "Settings of the server."),
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
        .about("connection", "6.0.0", "Chooses the protocol."),
    Spec::front("ping", -1)
        .flags(&[Traits::FAST])
        .categories(&[Categories::CONNECTION])
        .about(
            "connection",
            "1.0.0",
            "Answers, so that one knows that the server lives.",
        ),
];

const CLIENT: &[Spec] = &[
    tracking::CACHING,
    tracking::GETREDIR,
    Spec::front("id", 2)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
        .about("connection", "5.0.0", "The number of the connection."),
    tracking::TRACKING,
    tracking::TRACKINGINFO,
];
