//! Commands for connections and the server.

use super::spec::{Categories, Spec, Traits};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::front("config", -2)
        .flags(&[
            Traits::ADMIN,
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
        ])
        .about("server", "2.0.0", "Settings of the server."),
    Spec::front("ping", -1)
        .flags(&[Traits::FAST])
        .categories(&[Categories::CONNECTION])
        .about(
            "connection",
            "1.0.0",
            "Answers, so that one knows that the server lives.",
        ),
];
