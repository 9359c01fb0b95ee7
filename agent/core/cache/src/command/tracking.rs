//! Subcommands of `CLIENT` for clients that keep copies of what they read.
//!
//! <https://redis.io/docs/latest/develop/reference/client-side-caching/>

use super::spec::{Categories, Spec, Traits};

pub(super) const CACHING: Spec = subcommand("caching", 3).about(
    "connection",
    "6.0.0",
    "Whether the client keeps copies of what the next command reads.",
);

pub(super) const GETREDIR: Spec = subcommand("getredir", 2).about(
    "connection",
    "6.0.0",
    "Which client is told of changes instead.",
);

pub(super) const TRACKING: Spec = subcommand("tracking", -3).about(
    "connection",
    "6.0.0",
    "Whether the client is told of changes of what it read.",
);

pub(super) const TRACKINGINFO: Spec = subcommand("trackinginfo", 2).about(
    "connection",
    "6.2.0",
    "Of which changes the client is told, and how.",
);

const fn subcommand(name: &'static str, arity: isize) -> Spec {
    Spec::front(name, arity)
        .flags(&[Traits::NOSCRIPT, Traits::LOADING, Traits::STALE])
        .categories(&[Categories::CONNECTION])
}
