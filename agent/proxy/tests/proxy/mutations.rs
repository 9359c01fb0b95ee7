//! Each deliberate mistake is found by the test that is named for it.
#![cfg(feature = "mutations")]

use std::panic::catch_unwind;
use std::time::Duration;

use synod_proxy::mutation;

use crate::{change, failing, forward, headers, refusing, routing, tcp, tls};

/// By whom each is found.
const FOUND_BY: &[(&str, fn())] = &[
    ("two-lengths", refusing::what_is_no_clear_request_is_refused),
    (
        "control-in-value",
        refusing::what_is_no_clear_request_is_refused,
    ),
    (
        "folded-field",
        refusing::what_is_no_clear_request_is_refused,
    ),
    ("hop-stays-not", headers::what_is_of_a_hop_stays_on_it),
    (
        "strangers-believed",
        headers::the_way_is_told_and_strangers_are_not_believed,
    ),
    ("spoiled-reused", forward::what_comes_unasked_is_nobodys),
    (
        "post-repeated",
        failing::broken_answers_are_repeated_only_where_they_may_be,
    ),
    (
        "slow-client-blames",
        failing::slow_clients_are_not_blamed_on_backends,
    ),
    ("deserted-goes-on", failing::who_is_gone_is_not_waited_for),
    ("retries-free", failing::retries_end_with_the_budget),
    (
        "head-has-body",
        forward::no_body_is_waited_for_where_there_is_none,
    ),
    (
        "answer-in-answer",
        refusing::nothing_is_said_in_the_middle_of_an_answer,
    ),
    (
        "unused-in-the-way",
        failing::an_unused_connection_is_not_in_the_way,
    ),
    (
        "others-kept-out",
        failing::a_thread_does_not_keep_another_one_out,
    ),
    ("full-blamed", tcp::who_is_full_is_not_blamed),
    ("end-forgotten", change::who_says_nothing_is_not_waited_for),
    (
        "drain-resets",
        change::who_waits_is_served_before_the_port_is_closed,
    ),
    ("told-twice", headers::routes_edit_the_way_too),
    ("half-is-whole", failing::half_an_answer_is_not_a_whole_one),
    (
        "prefix-by-letters",
        routing::the_most_particular_route_counts,
    ),
    (
        "sticky-by-weight",
        routing::a_canary_has_its_part_and_sessions_stay,
    ),
    ("drain-cuts", change::draining_drops_nothing),
    ("unchecked", change::nothing_fails_while_routes_change),
    (
        "keys-stay",
        tls::certificates_are_replaced_and_connections_stay,
    ),
    ("any-name", tls::the_name_decides_who_gets_it_as_it_is),
    ("cut-is-end", tls::what_was_cut_off_does_not_look_whole),
    ("pipe-loses", tcp::bytes_and_ends_go_both_ways),
    ("ends-both", tcp::bytes_and_ends_go_both_ways),
];

#[test]
fn every_mistake_is_found() {
    crate::wire::be_patient_for(Duration::from_secs(1));
    let mut missed = Vec::new();
    for (name, breaks) in mutation::ALL {
        let by = FOUND_BY.iter().find(|it| it.0 == *name);
        let Some((_, run)) = by else {
            missed.push(format!("{name}: no test is named for it"));
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
