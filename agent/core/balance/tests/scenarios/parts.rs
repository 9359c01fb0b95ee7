//! Distributions against theory.

use std::sync::Arc;
use std::time::Duration;

use synod_balance::{
    Algorithm, Balancer, Draws, Endpoint, Locality, Moment, Settings, SlowStart, Split,
};

use super::{by, chi_square, chi_square_max, counts, endpoints, group, name};

fn check(weights: &[u32], seed: u64) {
    let group = group(by(Algorithm::Random), weights);
    let mut balancer = Balancer::new(Arc::clone(group.view()), seed);
    let counts = counts(&mut balancer, 100_000, Moment::ZERO);
    let positive = weights
        .iter()
        .filter(|it| **it > 0)
        .map(|it| f64::from(*it));
    let parts = positive.collect::<Vec<_>>();
    let counts = counts.into_values().collect::<Vec<_>>();
    assert_eq!(counts.len(), parts.len(), "one of weight 0 is never chosen");
    let statistic = chi_square(&counts, &parts);
    let most = chi_square_max(parts.len() - 1);
    assert!(
        statistic < most,
        "{weights:?}: {statistic} of {most}, {counts:?}"
    );
}

pub(super) fn random_is_even() {
    (0..3).for_each(|seed| check(&[1; 10], seed));
    check(&[3; 64], 9);
}

pub(super) fn random_is_by_weight() {
    for seed in 0..3 {
        check(&[1, 2, 3, 4, 90], seed);
        check(&[5, 0, 1, 1_000, 0, 7], seed);
        check(&[65_535, 30_000, 10_000, 500], seed);
    }
}

pub(super) fn a_split_is_by_weight() {
    let (split, mut draws) = (Split::new(&[90, 10, 0]), Draws::new(5));
    let mut counts = [0_usize; 3];
    for _ in 0..100_000 {
        counts[split.choose(&mut draws).expect("weights")] += 1;
    }
    // One percentage point is the bar; chance alone is within a third of it.
    assert!((9_700..=10_300).contains(&counts[1]), "{counts:?}");
    assert_eq!(counts[2], 0);
    assert_eq!(Split::new(&[0, 0]).choose(&mut draws), None);
}

pub(super) fn locality_spills_over() {
    let near_of_all = |share: f64, near: usize| {
        let locality = Some(Locality {
            zone: Arc::from("a"),
            share,
            headroom: 1.0,
        });
        let mut group = group(
            Settings {
                locality,
                ..by(Algorithm::Random)
            },
            &[],
        );
        let endpoint = |number| Endpoint {
            zone: Some(Arc::from(if number < near { "a" } else { "b" })),
            ..Endpoint::new(&name(number))
        };
        group.endpoints((0..10).map(endpoint).collect(), Moment::ZERO);
        let mut balancer = Balancer::new(Arc::clone(group.view()), 3);
        let counts = counts(&mut balancer, 20_000, Moment::ZERO);
        let near = counts.iter().filter(|(it, _)| ***it < *name(near));
        near.map(|(_, count)| *count).sum::<usize>() as f64 / 20_000.0
    };
    // Half of the requests and half of the backends: all stays. With a fifth of the backends, two fifths of it.
    for (share, near, expected) in [
        (0.5, 5, 1.0),
        (0.5, 2, 0.4),
        (0.3, 9, 1.0),
        (1.0, 4, 0.4),
        (0.5, 0, 0.0),
    ] {
        let part = near_of_all(share, near);
        assert!((part - expected).abs() < 0.015, "{share} {near}: {part}");
    }
}

pub(super) fn slow_start_grows() {
    let settings = |algorithm| Settings {
        slow_start: Some(SlowStart {
            window: Duration::from_secs(100),
            least: 0.1,
        }),
        ..by(algorithm)
    };
    for algorithm in [Algorithm::Random, Algorithm::Weighted] {
        let mut group = group(settings(algorithm), &[1; 4]);
        let mut balancer = Balancer::new(Arc::clone(group.view()), 3);
        let begin = Moment::from_millis(1_000);
        balancer.update(group.endpoints(endpoints(&[1; 5]), begin));
        for (second, part) in [(0, 0.1), (50, 0.5), (99, 0.99), (101, 1.0)] {
            let now = begin.after(Duration::from_secs(second));
            if let Some(view) = group.tick(now) {
                balancer.update(view);
            }
            let counts = counts(&mut balancer, 40_000, now);
            let last = *counts.get(&*name(4)).unwrap_or(&0) as f64 / 40_000.0;
            let expected = part / (4.0 + part);
            assert!(
                (last - expected).abs() < 0.01,
                "{second} s: {last} {expected}"
            );
        }
    }
}
