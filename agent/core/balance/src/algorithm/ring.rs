//! Ring hash: a key goes to the first point at or behind its hash; who leaves gives its keys to those behind its points.
//!
//! Consistent hashing (Karger and others, STOC 1997) with many points for each backend, as Ketama has it. With a bound, one that has
//! more than that multiple of its even part is passed over, and the key goes on clockwise (Mirrokni, Thorup, Zadimoghaddam, "Consistent
//! hashing with bounded loads", 2016): a hot key no longer drowns one backend.

use crate::entropy::mixed;
use crate::mutation::mutated;
use crate::pool::Member;

use super::Question;

/// How a ring is laid out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Points of a backend of mean weight. More are more even: the parts' deviation is about 1/√points.
    pub points: u32,
    /// The most that one may have, as a multiple of its even part of what is under way; above 1. None is no bound.
    pub bound: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            points: 160,
            bound: None,
        }
    }
}

/// The most points of all.
const POINTS_MAX: f64 = 1_048_576.0;

/// Points in the order of their hashes, each a place in the pool.
#[derive(Debug)]
pub(crate) struct Ring {
    points: Box<[(u64, u32)]>,
    bound: Option<f64>,
    weight: f64,
}

impl Ring {
    pub(crate) fn new(members: &[Member], settings: &Settings) -> Self {
        let weight = members.iter().map(|it| f64::from(it.base)).sum::<f64>();
        let all = f64::from(settings.points.max(1)) * members.len() as f64;
        let scale = all.min(POINTS_MAX) / weight.max(1.0);
        let mut points = Vec::new();
        for (place, member) in members.iter().enumerate() {
            let count = (f64::from(member.base) * scale).round().max(1.0) as u64;
            let count = if mutated("ring-one-point") { 1 } else { count };
            let key = member.backend.key();
            points.extend((0..count).map(|point| (mixed(key ^ mixed(point + 1)), place as u32)));
        }
        // Places are in the order of names, so equal hashes too are ordered alike in every proxy.
        points.sort_unstable();
        Self {
            points: points.into_boxed_slice(),
            bound: settings.bound,
            weight,
        }
    }

    /// The place of the one who has this key, or of one behind who has room for it.
    pub(crate) fn choose(&self, members: &[Member], question: Question) -> usize {
        let hash = mixed(question.hash.wrapping_add(u64::from(question.attempt)));
        let first = self.points.partition_point(|(at, _)| *at < hash);
        let behind = self.points[first..].iter().chain(&self.points[..first]);
        let mut places = behind.map(|(_, place)| *place as usize);
        let home = places.next().unwrap_or_default();
        let Some(bound) = self.bound.filter(|_| !mutated("ring-unbounded")) else {
            return home;
        };
        if self.has_room(&members[home], bound) {
            return home;
        }
        places
            .find(|place| self.has_room(&members[*place], bound))
            .unwrap_or(home)
    }

    /// True if it may have one more. What is under way counts this request already.
    fn has_room(&self, member: &Member, bound: f64) -> bool {
        let all = f64::from(member.backend.totals.requests().max(1));
        let part = all * f64::from(member.base) / self.weight;
        f64::from(member.backend.requests()) < (bound.max(1.0) * part).ceil()
    }
}
