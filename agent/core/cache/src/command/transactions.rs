//! Commands for transactions.

use super::spec::{Categories, KeyUses, Spec, Traits, range};

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::front("discard", 1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::TRANSACTION])
        .about("transactions", "2.0.0", "Forgets what was queued."),
    Spec::front("exec", 1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::SKIP_SLOWLOG,
        ])
        .categories(&[Categories::TRANSACTION])
        .about(
            "transactions",
            "1.2.0",
            "Carries out what was queued, with nothing in between.",
        ),
    Spec::front("multi", 1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::TRANSACTION])
        .about("transactions", "1.2.0", "Begins to queue commands."),
    Spec::front("unwatch", 1)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::TRANSACTION])
        .about("transactions", "2.2.0", "Watches no key any more."),
    Spec::front("watch", -2)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::LOADING,
            Traits::STALE,
            Traits::FAST,
            Traits::ALLOW_BUSY,
        ])
        .categories(&[Categories::TRANSACTION])
        .keys(&[range(&[KeyUses::RO], 1, -1, 1)])
        .about(
            "transactions",
            "2.2.0",
            "What is queued is carried out only if these keys stay as they are.",
        ),
];
