//! What is promised, each promise by name. `tests/scenarios.rs` runs them, `tests/mutations.rs` runs them with mistakes.

mod bounds;
mod hashing;
mod judging;
mod load;
mod parts;
mod properties;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_balance::{
    Algorithm, Asked, Balancer, Endpoint, Group, Moment, Outcome, Settings, Ticket,
};

/// Every scenario. The slow ones come last: a mistake is found by the first that fails.
pub(crate) const ALL: &[(&str, fn())] = &[
    ("by chance, all are equal", parts::random_is_even),
    (
        "by chance, parts are as weights",
        parts::random_is_by_weight,
    ),
    ("a canary's tenth is a tenth", parts::a_split_is_by_weight),
    ("near ones take what they can", parts::locality_spills_over),
    ("a new one's part grows", parts::slow_start_grows),
    ("turns are exact", turns::round_robin_is_exact),
    (
        "turns are exact under change",
        turns::round_robin_goes_on_under_change,
    ),
    ("a new one gets few turns", turns::round_robin_starts_slowly),
    ("weighted turns are smooth", turns::weighted_is_smooth),
    (
        "the least loaded is chosen",
        turns::least_connections_is_least,
    ),
    (
        "idle ones are chosen by weight",
        turns::least_connections_ties_are_fair,
    ),
    (
        "others' requests are seen",
        turns::least_connections_sees_other_threads,
    ),
    ("reports become weights", turns::least_load_follows_reports),
    (
        "latency stands in for reports",
        turns::least_load_follows_latency,
    ),
    ("few keys move on a ring", hashing::ring_moves_few_keys),
    ("a ring is even", hashing::ring_is_even),
    ("a ring is bounded", hashing::ring_is_bounded),
    ("few keys move by Maglev", hashing::maglev_moves_few_keys),
    ("Maglev is even and by weight", hashing::maglev_is_by_weight),
    (
        "a size that is no prime is none",
        hashing::maglev_sizes_are_primes,
    ),
    ("limits are exact", bounds::limits_are_exact),
    ("limits hold for threads", bounds::limits_hold_for_threads),
    (
        "what is dropped is counted back",
        bounds::a_dropped_ticket_is_counted_back,
    ),
    (
        "the tried are not tried again",
        bounds::the_tried_are_not_chosen,
    ),
    ("retries have a budget", bounds::retries_are_a_part),
    ("rates are kept", bounds::rates_are_kept),
    (
        "rates are kept by threads",
        bounds::rates_are_kept_by_threads,
    ),
    (
        "keys have rates of their own",
        bounds::keys_have_their_own_rate,
    ),
    (
        "a failed probe takes nobody out, some do",
        judging::probes_take_out_and_in,
    ),
    ("in panic all are asked", judging::panic_asks_all),
    ("failures in a row eject", judging::failures_in_a_row_eject),
    (
        "failing more than others ejects",
        judging::failing_more_than_others_ejects,
    ),
    (
        "not too many are ejected",
        judging::not_everybody_is_ejected,
    ),
    ("ejections grow and are forgotten", judging::ejections_grow),
    (
        "who terminates serves who sticks",
        judging::sticky_outlives_readiness,
    ),
    (
        "sticky sessions follow weights once",
        judging::sticky_respects_weights,
    ),
    ("who fails is told of once", judging::a_row_is_told_once),
    (
        "refusals in a row are in a row",
        judging::a_taken_connection_ends_a_row,
    ),
    ("peaks count at once", load::a_peak_counts_at_once),
    (
        "a thread that is behind sees who is slow",
        load::a_thread_that_is_behind_sees_who_is_slow,
    ),
    (
        "slow clients make nobody slow",
        load::slow_clients_make_nobody_slow,
    ),
    (
        "one who fails quickly draws nobody",
        load::a_quick_failure_draws_nobody,
    ),
    ("whatever happens, the rules hold", properties::rules_hold),
    ("P2C's longest queue is short", load::p2c_keeps_queues_short),
    (
        "P2C keeps away from a slow one",
        load::p2c_avoids_a_slow_one,
    ),
    (
        "threads share what they know",
        load::threads_share_what_they_know,
    ),
    ("ejection heals the tail", load::ejection_heals_the_tail),
];

/// A group of backends `b00`, `b01`, … with these weights.
pub(crate) fn group(settings: Settings, weights: &[u32]) -> Group {
    let mut group = Group::new(settings, 1, Moment::ZERO);
    group.endpoints(endpoints(weights), Moment::ZERO);
    group
}

pub(crate) fn endpoints(weights: &[u32]) -> Vec<Endpoint> {
    let endpoint = |(number, weight): (usize, &u32)| Endpoint {
        weight: *weight,
        ..Endpoint::new(&name(number))
    };
    weights.iter().enumerate().map(endpoint).collect()
}

pub(crate) fn name(number: usize) -> String {
    format!("b{number:02}")
}

pub(crate) fn by(algorithm: Algorithm) -> Settings {
    Settings {
        algorithm,
        ..Settings::default()
    }
}

/// The backend of a ticket that ends at once.
pub(crate) fn chosen(balancer: &mut Balancer, now: Moment) -> Arc<str> {
    let ticket = ask(balancer, now);
    let name = Arc::clone(ticket.backend().name());
    balancer.finish(ticket, Outcome::Cancelled, now);
    name
}

pub(crate) fn ask(balancer: &mut Balancer, now: Moment) -> Ticket {
    let ticket = balancer.choose(&Asked::default(), now);
    ticket.expect("somebody is there")
}

/// How often each is chosen.
pub(crate) fn counts(
    balancer: &mut Balancer,
    times: usize,
    now: Moment,
) -> BTreeMap<Arc<str>, usize> {
    let mut counts = BTreeMap::new();
    for _ in 0..times {
        *counts.entry(chosen(balancer, now)).or_default() += 1;
    }
    counts
}

/// The χ² statistic of counts against parts of their sum.
pub(crate) fn chi_square(counts: &[usize], parts: &[f64]) -> f64 {
    let all = counts.iter().sum::<usize>() as f64;
    let sum = parts.iter().sum::<f64>();
    let term = |(count, part): (&usize, &f64)| {
        let expected = all * part / sum;
        (*count as f64 - expected).powi(2) / expected
    };
    counts.iter().zip(parts).map(term).sum()
}

/// What χ² passes once in a thousand at so many degrees of freedom (Wilson and Hilferty's approximation).
pub(crate) fn chi_square_max(freedom: usize) -> f64 {
    let k = freedom as f64;
    let third = 2.0 / (9.0 * k);
    k * (1.0 - third + 3.09 * third.sqrt()).powi(3)
}
