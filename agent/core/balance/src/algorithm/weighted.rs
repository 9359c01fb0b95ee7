//! Smooth weighted round robin: each as often as its weight says, and never in a burst.
//!
//! nginx's rule: at each step everybody gains its weight, the one who has most is chosen and gives the sum of all back; weights 5, 1,
//! 1 come as a a b a c a a. The rule costs O(n) for a step, so one period of it is worked out when the pool is compiled, and a choice
//! is one look into it. A period is the sum of weights (over their greatest common divisor); where that is more than
//! [`PERIOD_MAX`], weights are rounded to parts of it.

use crate::Draws;
use crate::mutation::mutated;

/// The longest period.
const PERIOD_MAX: u64 = 4_096;

/// One period.
#[derive(Debug)]
pub(crate) struct Schedule(Box<[u32]>);

/// Where a thread is in a period.
#[derive(Debug)]
pub(crate) struct Position(usize);

impl Schedule {
    /// The schedule of these weights.
    pub(crate) fn new(weights: &[u32]) -> Self {
        let weights = reduced(weights);
        let sum = weights.iter().sum::<i64>();
        let mut gained = vec![0_i64; weights.len()];
        let step = |_| {
            gained
                .iter_mut()
                .zip(&weights)
                .for_each(|(it, by)| *it += by);
            // The first of equals, as nginx has it.
            let most = (0..gained.len()).rev().max_by_key(|place| gained[*place]);
            let most = most.unwrap_or_default();
            if !mutated("smooth-no-subtract") {
                gained[most] -= sum;
            }
            most as u32
        };
        Self((0..sum).map(step).collect())
    }

    /// A thread's beginning: anywhere. Many changes in a row would favor the first ones if each began at the beginning, and threads
    /// that begin together would go together.
    pub(crate) fn begin(&self, draws: &mut Draws) -> Position {
        Position(draws.below(self.0.len() as u32) as usize)
    }

    /// The next place.
    pub(crate) fn next(&self, at: &mut Position) -> usize {
        let place = self.0[at.0];
        at.0 = if at.0 + 1 < self.0.len() { at.0 + 1 } else { 0 };
        place as usize
    }
}

/// The weights over their greatest common divisor, or rounded so that their sum is about [`PERIOD_MAX`]; nobody's becomes 0.
fn reduced(weights: &[u32]) -> Vec<i64> {
    let divisor = weights
        .iter()
        .copied()
        .fold(0, greatest_common_divisor)
        .max(1);
    let sum = weights
        .iter()
        .map(|it| u64::from(it / divisor))
        .sum::<u64>();
    if sum <= PERIOD_MAX {
        return weights.iter().map(|it| i64::from(it / divisor)).collect();
    }
    let scale = PERIOD_MAX as f64 / weights.iter().map(|it| f64::from(*it)).sum::<f64>();
    let rounded = |it: &u32| ((f64::from(*it) * scale).round() as i64).max(1);
    weights.iter().map(rounded).collect()
}

const fn greatest_common_divisor(mut one: u32, mut other: u32) -> u32 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(weights: &[u32], expected: &str) {
        let places = Schedule::new(weights).0;
        let names = places.iter().map(|place| (b'a' + *place as u8) as char);
        assert_eq!(names.collect::<String>(), expected, "{weights:?}");
    }

    #[test]
    fn comes_as_nginx_has_it() {
        check(&[5, 1, 1], "aabacaa");
        check(&[5_000, 1_000, 1_000], "aabacaa");
        check(&[1, 1, 1], "abc");
        check(&[4, 2, 1], "abacaba");
        check(&[3, 2], "ababa");
        check(&[7], "a");
    }

    #[test]
    fn great_weights_are_rounded() {
        let weights = [65_535_000, 30_001_000, 1_000];
        let places = Schedule::new(&weights).0;
        assert!(places.len() as u64 <= PERIOD_MAX + 3);
        for (place, weight) in weights.iter().enumerate() {
            let part = places.iter().filter(|it| **it == place as u32).count() as f64;
            let part = part / places.len() as f64;
            let expected = f64::from(*weight) / 95_537_000.0;
            assert!(
                (part - expected).abs() < 1.5 / PERIOD_MAX as f64,
                "{place}: {part} {expected}"
            );
        }
    }
}
