//! Algorithms that take turns, and those that follow load.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use synod_balance::{Algorithm, Balancer, Moment, Outcome, Report, Settings, SlowStart};

use super::{ask, by, chosen, counts, endpoints, group, name};

const NOW: Moment = Moment::ZERO;

pub(super) fn round_robin_is_exact() {
    let group = group(by(Algorithm::RoundRobin), &[1, 9, 1, 1, 5]);
    for seed in 0..4 {
        let mut balancer = Balancer::new(Arc::clone(group.view()), seed);
        for _ in 0..7 {
            let round = counts(&mut balancer, 5, NOW);
            assert!(round.len() == 5, "each once: {round:?}");
        }
    }
}

/// Backends come and go in the middle of rounds: who stays has its turn after as many others as before.
pub(super) fn round_robin_goes_on_under_change() {
    let mut group = group(by(Algorithm::RoundRobin), &[1; 6]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    let mut turns = BTreeMap::<_, usize>::new();
    for step in 0..600 {
        if step % 7 == 3 {
            // The sixth comes and goes.
            let weights: &[u32] = if step % 2 == 0 { &[1; 6] } else { &[1; 5] };
            balancer.update(group.endpoints(endpoints(weights), NOW));
        }
        *turns.entry(chosen(&mut balancer, NOW)).or_default() += 1;
        let stay = turns
            .iter()
            .filter(|(it, _)| ***it < *name(5))
            .map(|(_, count)| *count);
        let (least, most) = (stay.clone().min(), stay.clone().max());
        let lag = if stay.count() < 5 {
            1
        } else {
            most.unwrap_or(0) - least.unwrap_or(0)
        };
        assert!(lag <= 1, "step {step}: {turns:?}");
    }
}

pub(super) fn round_robin_starts_slowly() {
    let settings = Settings {
        slow_start: Some(SlowStart {
            window: Duration::from_secs(100),
            least: 0.1,
        }),
        ..by(Algorithm::RoundRobin)
    };
    let mut group = group(settings, &[1; 4]);
    let view = group.endpoints(endpoints(&[1; 5]), Moment::from_millis(1));
    let mut balancer = Balancer::new(view, 3);
    let counts = counts(&mut balancer, 41_000, NOW);
    let last = counts.get(&*name(4)).copied().unwrap_or(0);
    assert!((900..1_100).contains(&last), "{counts:?}");
}

/// Over any window of a period the counts are the weights, and no run is longer than it must be.
pub(super) fn weighted_is_smooth() {
    let group = group(by(Algorithm::Weighted), &[5, 1, 1]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    let names = (0..21)
        .map(|_| chosen(&mut balancer, NOW))
        .collect::<Vec<_>>();
    let letters = names
        .iter()
        .map(|it| (b'a' + it.as_bytes()[2] - b'0') as char);
    let letters = letters.collect::<String>();
    // Any rotation of nginx's sequence.
    assert!("aabacaa".repeat(4).contains(&letters), "{letters}");
}

pub(super) fn least_connections_is_least() {
    let weights = [1, 1, 2, 4];
    let group = group(by(Algorithm::LeastConnections), &weights);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    // Held: 80 requests are spread by weight exactly.
    let mut held = (0..80).map(|_| ask(&mut balancer, NOW)).collect::<Vec<_>>();
    let counts = |view: &synod_balance::View| {
        let of = view.usable().map(|it| it.requests());
        of.collect::<Vec<_>>()
    };
    assert_eq!(counts(balancer.view()), [10, 10, 20, 40]);
    // One ends five: the next five are its.
    for _ in 0..5 {
        let of = held.iter().position(|it| **it.backend().name() == *name(1));
        let ticket = held.swap_remove(of.expect("ten"));
        balancer.finish(ticket, Outcome::Success, NOW);
    }
    for _ in 0..5 {
        let ticket = ask(&mut balancer, NOW);
        assert_eq!(**ticket.backend().name(), *name(1));
        held.push(ticket);
    }
}

pub(super) fn least_connections_ties_are_fair() {
    let group = group(by(Algorithm::LeastConnections), &[1, 2, 5]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    let counts = counts(&mut balancer, 8_000, NOW)
        .into_values()
        .collect::<Vec<_>>();
    for (count, weight) in counts.iter().zip([1, 2, 5]) {
        assert!(count.abs_diff(weight * 1_000) <= 10, "{counts:?}");
    }
}

/// What another thread does is known when it matters: no winner is chosen by a load that is not so any more.
pub(super) fn least_connections_sees_other_threads() {
    let group = group(by(Algorithm::LeastConnections), &[1; 8]);
    let mut one = Balancer::new(Arc::clone(group.view()), 7);
    let mut other = Balancer::new(Arc::clone(group.view()), 8);
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(ask(&mut one, NOW));
        held.push(ask(&mut other, NOW));
        let loads = group
            .view()
            .usable()
            .map(|it| it.requests())
            .collect::<Vec<_>>();
        let (least, most) = (loads.iter().min(), loads.iter().max());
        assert!(most.unwrap() - least.unwrap() <= 1, "{loads:?}");
    }
}

pub(super) fn least_load_follows_reports() {
    let mut group = group(by(Algorithm::LeastLoad), &[1; 4]);
    let now = Moment::from_millis(1_000);
    let utilizations = [0.2, 0.4, 0.4, 0.8];
    for (backend, utilization) in group.view().usable().zip(utilizations) {
        let report = Report {
            utilization,
            requests_per_second: 100.0,
            errors_per_second: 0.0,
        };
        backend.reported(report, now);
    }
    let view = group.tick(now).expect("reports are followed");
    let mut balancer = Balancer::new(view, 7);
    let counts = counts(&mut balancer, 90_000, now)
        .into_values()
        .collect::<Vec<_>>();
    // 100 over the utilization: 500, 250, 250, 125.
    for (count, part) in counts.iter().zip([4.0, 2.0, 2.0, 1.0]) {
        assert!(
            (*count as f64 / (part * 10_000.0) - 1.0).abs() < 0.02,
            "{counts:?}"
        );
    }
}

pub(super) fn least_load_follows_latency() {
    let mut group = group(by(Algorithm::LeastLoad), &[1; 3]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    let mut now = Moment::from_millis(1_000);
    for _ in 0..30 {
        let ticket = ask(&mut balancer, now);
        let is_slow = **ticket.backend().name() == *name(2);
        let end = now.after(Duration::from_millis(if is_slow { 100 } else { 10 }));
        balancer.finish(ticket, Outcome::Success, end);
        now = end;
    }
    now = now.after(Duration::from_millis(500));
    balancer.update(group.tick(now).expect("latencies are followed"));
    let counts = counts(&mut balancer, 21_000, now);
    let slow = counts[&*name(2)];
    assert!(
        (500..2_000).contains(&slow),
        "a tenth of others' 10,000: {counts:?}"
    );
}
