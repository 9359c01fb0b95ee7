//! Power of two choices: of two drawn by chance, the one that would answer sooner.
//!
//! To look at two instead of one makes the longest queue shorter by an exponent (Mitzenmacher, "The power of two choices in randomized
//! load balancing", 2001), and unlike the least of all it does not send everybody to one who looks idle. What is compared is Finagle's
//! peak EWMA: the latency, quick to rise and slow to fall, times what is under way there and this request.
//!
//! Weights are capacities: they say how often one is drawn, and how many requests count as one.

use crate::mutation::mutated;
use crate::pool::Member;
use crate::{Draws, Moment};

use super::random::Alias;

/// Who was never answered by, and has requests, costs this for each: others come first until it has shown how quick it is.
const UNKNOWN_NANOS: f64 = 1e12;
/// How often a second one is drawn by weight before it is just the next.
const REDRAWS: usize = 3;

/// How two are drawn.
#[derive(Debug)]
pub(crate) struct Pair {
    /// Where weights differ.
    alias: Option<Alias>,
    mean: f64,
}

impl Pair {
    pub(crate) fn new(weights: &[u32]) -> Self {
        let sum = weights.iter().map(|it| f64::from(*it)).sum::<f64>();
        let is_even = weights.windows(2).all(|pair| pair[0] == pair[1]);
        Self {
            alias: (!is_even).then(|| Alias::new(weights)),
            mean: sum / weights.len().max(1) as f64,
        }
    }

    /// The place of one.
    pub(crate) fn choose(&self, members: &[Member], now: Moment, draws: &mut Draws) -> usize {
        let (one, other) = self.draw(members.len(), draws);
        if mutated("p2c-one") || self.cost(&members[one], now) <= self.cost(&members[other], now) {
            one
        } else {
            other
        }
    }

    /// Two places, different ones if there are two.
    fn draw(&self, count: usize, draws: &mut Draws) -> (usize, usize) {
        if count < 2 {
            return (0, 0);
        }
        let Some(alias) = &self.alias else {
            let bits = draws.bits();
            let one = (((bits >> 32) * count as u64) >> 32) as usize;
            let other = (((bits & 0xffff_ffff) * (count as u64 - 1)) >> 32) as usize;
            return (one, if other < one { other } else { other + 1 });
        };
        let one = alias.draw(draws);
        let another = (0..REDRAWS)
            .map(|_| alias.draw(draws))
            .find(|it| *it != one);
        (one, another.unwrap_or((one + 1) % count))
    }

    fn cost(&self, member: &Member, now: Moment) -> f64 {
        let requests = f64::from(member.backend.requests());
        let queue = requests * self.mean / f64::from(member.weight);
        match member.backend.latency_nanos(now) {
            Some(nanos) => nanos * (queue + 1.0),
            None => UNKNOWN_NANOS * queue,
        }
    }
}
