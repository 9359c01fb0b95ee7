//! Commands for connections and the server.

use super::spec::{Categories, Spec, Traits};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::front("ping", -1)
        .flags(&[Traits::FAST])
        .categories(&[Categories::CONNECTION])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about(
            "connection",
            "1.0.0",
            "Answers, so that one knows that the server lives.",
        ),
];
