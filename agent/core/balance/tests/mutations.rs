//! Each deliberate mistake is found by the scenario that is named for it. `tests/promises.rs` runs all of them without one.
#![cfg(feature = "mutations")]

mod scenarios;

use std::panic::catch_unwind;

use synod_balance::mutation;

/// By which scenario each is found.
const FOUND_BY: &[(&str, &str)] = &[
    ("ewma-no-peak", "one who fails quickly draws nobody"),
    ("ewma-behind", "a thread that is behind sees who is slow"),
    ("latency-of-clients", "slow clients make nobody slow"),
    ("row-goes-on", "refusals in a row are in a row"),
    ("suspect-always", "who fails is told of once"),
    ("alias-threshold", "by chance, parts are as weights"),
    ("smooth-no-subtract", "weighted turns are smooth"),
    ("round-robin-restart", "turns are exact under change"),
    ("least-connections-ties", "idle ones are chosen by weight"),
    ("least-connections-stale", "others' requests are seen"),
    ("p2c-one", "peaks count at once"),
    ("ring-one-point", "a ring is even"),
    ("ring-unbounded", "a ring is bounded"),
    ("maglev-modulo", "few keys move by Maglev"),
    ("locality-all-near", "near ones take what they can"),
    ("slow-start-off", "a new one's part grows"),
    ("panic-never", "in panic all are asked"),
    (
        "usable-unhealthy",
        "a failed probe takes nobody out, some do",
    ),
    ("eject-everybody", "not too many are ejected"),
    ("eject-no-latency", "ejection heals the tail"),
    ("eject-no-backoff", "ejections grow and are forgotten"),
    (
        "health-one-failure",
        "a failed probe takes nobody out, some do",
    ),
    ("drop-leaks", "what is dropped is counted back"),
    ("budget-free", "retries have a budget"),
    ("circuit-off-by-one", "limits are exact"),
    ("gcra-no-burst-bound", "rates are kept"),
    ("sticky-drained", "who terminates serves who sticks"),
];

#[test]
fn every_mistake_is_found() {
    let mut missed = Vec::new();
    for (name, breaks) in mutation::ALL {
        let by = FOUND_BY.iter().find(|it| it.0 == *name).map(|it| it.1);
        let Some((_, run)) = scenarios::ALL.iter().find(|it| Some(it.0) == by) else {
            missed.push(format!("{name}: no scenario is named for it"));
            continue;
        };
        synod_mutation::switch(Some(name));
        if catch_unwind(run).is_ok() {
            missed.push(format!("{name}: {breaks}"));
        }
        synod_mutation::switch(None);
    }
    assert!(missed.is_empty(), "not found: {missed:#?}");
}
