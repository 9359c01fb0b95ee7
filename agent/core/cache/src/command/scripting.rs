//! Commands for scripts and functions.

use super::spec::{Begin, Categories, Find, KeySpec, KeyUses, Spec, Traits};

/// As many keys as the second argument says.
const fn keys(uses: &[KeyUses], notes: Option<&'static str>) -> KeySpec {
    KeySpec {
        uses: KeyUses::of(uses),
        begin: Begin::Index(2),
        find: Find::KeyNumber {
            count: 0,
            first: 1,
            step: 1,
        },
        notes,
    }
}

const RW: &[KeyUses] = &[KeyUses::RW, KeyUses::ACCESS, KeyUses::UPDATE];
const RO: &[KeyUses] = &[KeyUses::RO, KeyUses::ACCESS];
/// As Redis says it: these are compared.
const WORST_RW: Option<&str> =
    Some("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE");
const WORST_RO: Option<&str> =
    Some("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS");

/// They.
pub(super) const ROWS: &[Spec] = &[
    Spec::front("eval", -3)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::SKIP_MONITOR,
            Traits::NO_MANDATORY_KEYS,
            Traits::MOVABLE_KEYS,
        ])
        .categories(&[Categories::SCRIPTING])
        .keys(&[keys(RW, WORST_RW)])
        .about("scripting", "2.6.0", "Runs a script."),
    Spec::front("eval_ro", -3)
        .flags(&[
            Traits::READONLY,
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::SKIP_MONITOR,
            Traits::NO_MANDATORY_KEYS,
            Traits::MOVABLE_KEYS,
        ])
        .categories(&[Categories::SCRIPTING])
        .keys(&[keys(RO, WORST_RO)])
        .about("scripting", "7.0.0", "Runs a script that only reads."),
    Spec::front("evalsha", -3)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::SKIP_MONITOR,
            Traits::NO_MANDATORY_KEYS,
            Traits::MOVABLE_KEYS,
        ])
        .categories(&[Categories::SCRIPTING])
        .keys(&[keys(RW, None)])
        .about(
            "scripting",
            "2.6.0",
            "Runs a script that is known, by its digest.",
        ),
    Spec::front("evalsha_ro", -3)
        .flags(&[
            Traits::READONLY,
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::SKIP_MONITOR,
            Traits::NO_MANDATORY_KEYS,
            Traits::MOVABLE_KEYS,
        ])
        .categories(&[Categories::SCRIPTING])
        .keys(&[keys(RO, None)])
        .about(
            "scripting",
            "7.0.0",
            "Runs a script that is known and only reads, by its digest.",
        ),
    Spec::front("fcall", -3)
        .flags(&[
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::SKIP_MONITOR,
            Traits::NO_MANDATORY_KEYS,
            Traits::MOVABLE_KEYS,
        ])
        .categories(&[Categories::SCRIPTING])
        .keys(&[keys(RW, WORST_RW)])
        .about("scripting", "7.0.0", "Calls a function."),
    Spec::front("fcall_ro", -3)
        .flags(&[
            Traits::READONLY,
            Traits::NOSCRIPT,
            Traits::STALE,
            Traits::SKIP_MONITOR,
            Traits::NO_MANDATORY_KEYS,
            Traits::MOVABLE_KEYS,
        ])
        .categories(&[Categories::SCRIPTING])
        .keys(&[keys(RO, WORST_RO)])
        .about("scripting", "7.0.0", "Calls a function that only reads."),
    Spec::container("function", FUNCTION).about("scripting", "7.0.0", "Functions, in libraries."),
    Spec::container("script", SCRIPT).about("scripting", "2.6.0", "Scripts that are known."),
];

const FUNCTION: &[Spec] = &[
    Spec::front("delete", 3)
        .flags(&[Traits::WRITE, Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about("scripting", "7.0.0", "Removes a library."),
    Spec::front("dump", 2)
        .flags(&[Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .about("scripting", "7.0.0", "All libraries, to be restored."),
    Spec::front("flush", -2)
        .flags(&[Traits::WRITE, Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about("scripting", "7.0.0", "Removes all libraries."),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::SCRIPTING])
        .about("scripting", "7.0.0", "How the subcommands are called."),
    Spec::front("kill", 2)
        .flags(&[Traits::NOSCRIPT, Traits::ALLOW_BUSY])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_shards", "response_policy:one_succeeded"])
        .about("scripting", "7.0.0", "Ends the function that runs."),
    Spec::front("list", -2)
        .flags(&[Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&["nondeterministic_output_order"])
        .about("scripting", "7.0.0", "The libraries and their functions."),
    Spec::front("load", -3)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about("scripting", "7.0.0", "Makes a library of its code."),
    Spec::front("restore", -3)
        .flags(&[Traits::WRITE, Traits::DENYOOM, Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
        .about("scripting", "7.0.0", "Makes libraries of what was dumped."),
    Spec::front("stats", 2)
        .flags(&[Traits::NOSCRIPT, Traits::ALLOW_BUSY])
        .categories(&[Categories::SCRIPTING])
        .tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ])
        .about("scripting", "7.0.0", "What runs, and how much there is."),
];

const SCRIPT: &[Spec] = &[
    Spec::front("debug", 3)
        .flags(&[Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .about(
            "scripting",
            "3.2.0",
            "Whether scripts are looked at while they run.",
        ),
    Spec::front("exists", -3)
        .flags(&[Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&[
            "request_policy:all_shards",
            "response_policy:agg_logical_and",
        ])
        .about("scripting", "2.6.0", "Which scripts are known."),
    Spec::front("flush", -2)
        .flags(&[Traits::NOSCRIPT])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .about("scripting", "2.6.0", "Forgets all scripts."),
    Spec::front("help", 2)
        .flags(&[Traits::LOADING, Traits::STALE])
        .categories(&[Categories::SCRIPTING])
        .about("scripting", "5.0.0", "How the subcommands are called."),
    Spec::front("kill", 2)
        .flags(&[Traits::NOSCRIPT, Traits::ALLOW_BUSY])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_shards", "response_policy:one_succeeded"])
        .about("scripting", "2.6.0", "Ends the script that runs."),
    Spec::front("load", 3)
        .flags(&[Traits::NOSCRIPT, Traits::STALE])
        .categories(&[Categories::SCRIPTING])
        .tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .about("scripting", "2.6.0", "Makes a script known."),
];
