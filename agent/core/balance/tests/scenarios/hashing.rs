//! Algorithms that go by a hash.

use std::sync::Arc;

use synod_balance::algorithm::{maglev, ring};
use synod_balance::{Algorithm, Asked, Balancer, Group, Moment, Outcome};

use super::{by, chi_square, endpoints, group, name};

const NOW: Moment = Moment::ZERO;
const KEYS: u64 = 6_000;

fn owner(balancer: &mut Balancer, key: u64) -> Arc<str> {
    let asked = Asked {
        hash: Some(key),
        ..Asked::default()
    };
    let ticket = balancer.choose(&asked, NOW).expect("somebody");
    let name = Arc::clone(ticket.backend().name());
    balancer.finish(ticket, Outcome::Cancelled, NOW);
    name
}

fn owners(group: &Group) -> Vec<Arc<str>> {
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    (0..KEYS).map(|key| owner(&mut balancer, key)).collect()
}

/// The part of keys that move when one of ten goes, and the part of those that had no reason to.
fn moved(algorithm: Algorithm) -> (f64, f64) {
    let mut group = group(by(algorithm), &[1; 10]);
    let before = owners(&group);
    let mut left = endpoints(&[1; 10]);
    left.remove(4);
    group.endpoints(left, NOW);
    let after = owners(&group);
    let moved = before
        .iter()
        .zip(&after)
        .filter(|(one, other)| one != other);
    let had_to = before.iter().filter(|it| ***it == *name(4)).count();
    let moved = moved.count();
    let part = |count: usize| count as f64 / KEYS as f64;
    (part(moved), part(moved - had_to))
}

pub(super) fn ring_moves_few_keys() {
    let (moved, needlessly) = moved(Algorithm::RingHash(ring::Settings::default()));
    assert!(needlessly == 0.0, "only the keys of who went: {needlessly}");
    assert!(moved < 0.14, "{moved}");
}

pub(super) fn maglev_moves_few_keys() {
    let (moved, needlessly) = moved(Algorithm::Maglev(maglev::Settings::default()));
    // The paper's table is even first; its section 5.3 measures a small rest.
    assert!(needlessly < 0.02, "{needlessly}");
    assert!((0.09..0.125).contains(&moved), "{moved}");
}

fn parts(algorithm: Algorithm, weights: &[u32]) -> Vec<f64> {
    let owners = owners(&group(by(algorithm), weights));
    let part = |number: usize| owners.iter().filter(|it| ***it == *name(number)).count();
    (0..weights.len())
        .map(|number| part(number) as f64 / KEYS as f64)
        .collect()
}

pub(super) fn ring_is_even() {
    let weights = [1, 1, 1, 1, 4];
    let parts = parts(Algorithm::RingHash(ring::Settings::default()), &weights);
    for (part, weight) in parts.iter().zip(weights) {
        let expected = f64::from(weight) / 8.0;
        // Three deviations of 160 points, and those of the sample.
        assert!((part / expected - 1.0).abs() < 0.3, "{parts:?}");
    }
}

/// One hot key: with a bound it is served by more than one.
pub(super) fn ring_is_bounded() {
    let settings = ring::Settings {
        bound: Some(1.25),
        ..ring::Settings::default()
    };
    let group = group(by(Algorithm::RingHash(settings)), &[1; 10]);
    let mut balancer = Balancer::new(Arc::clone(group.view()), 7);
    let asked = Asked {
        hash: Some(42),
        ..Asked::default()
    };
    let held = (0..400).map(|_| balancer.choose(&asked, NOW).expect("room"));
    let held = held.collect::<Vec<_>>();
    let loads = group
        .view()
        .usable()
        .map(|it| it.requests())
        .collect::<Vec<_>>();
    assert!(
        loads.iter().all(|load| *load <= 50),
        "1.25 of 40: {loads:?}"
    );
    drop(held);
}

pub(super) fn maglev_is_by_weight() {
    let settings = maglev::Settings::default();
    for weights in [&[1_u32; 10] as &[u32], &[1, 2, 3, 4], &[100, 1]] {
        let parts = parts(Algorithm::Maglev(settings), weights);
        let counts = parts
            .iter()
            .map(|part| (part * KEYS as f64).round() as usize);
        let counts = counts.collect::<Vec<_>>();
        let weights = weights.iter().map(|it| f64::from(*it)).collect::<Vec<_>>();
        // The table is even to a slot, so keys are spread like draws.
        let statistic = chi_square(&counts, &weights);
        let most = super::chi_square_max(weights.len() - 1);
        assert!(statistic < most, "{counts:?}: {statistic}");
    }
}

pub(super) fn maglev_sizes_are_primes() {
    for (slots, is_one) in [
        (65_537, true),
        (65_536, false),
        (2, true),
        (1, false),
        (655_373, true),
        (6_000_011, false),
    ] {
        assert_eq!(maglev::Settings::new(slots).is_some(), is_one, "{slots}");
    }
}
