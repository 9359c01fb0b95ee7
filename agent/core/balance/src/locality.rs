//! Who is near is preferred, as long as the near ones are not asked more than their part.

use std::sync::Arc;

use crate::mutation::mutated;

/// Where this proxy is, and how much of all requests come to proxies there.
#[derive(Clone, Debug, PartialEq)]
pub struct Locality {
    /// The proxy's own zone.
    pub zone: Arc<str>,
    /// The part of the group's requests that comes from this zone: the zone's part of the proxies, mostly. In (0, 1].
    pub share: f64,
    /// By how much near ones may be asked more than their part before others are: 1.25 is a quarter more.
    pub headroom: f64,
}

impl Locality {
    /// The probability of staying near, where the near ones have this part of all weight.
    ///
    /// If a zone asks with share s and serves with capacity c, then staying within it loads its backends s/c times as much as an
    /// even spread does. All of it stays while that is at most the headroom; beyond, so much that the near ones have no more than
    /// the headroom, and the rest spills over to all other zones by weight. Envoy's zone-aware routing goes by the same ratio.
    pub(crate) fn stays(&self, near: u64, all: u64) -> f64 {
        if near == 0 || all == 0 {
            return 0.0;
        }
        if mutated("locality-all-near") {
            return 1.0;
        }
        let capacity = near as f64 / all as f64;
        (self.headroom.max(0.0) * capacity / self.share.clamp(0.001, 1.0)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_until_the_near_ones_have_their_part() {
        let locality = Locality {
            zone: Arc::from("a"),
            share: 0.5,
            headroom: 1.0,
        };
        for (near, all, expected) in [
            (0, 10, 0.0),
            (5, 10, 1.0),
            (9, 10, 1.0),
            (1, 10, 0.2),
            (0, 0, 0.0),
        ] {
            let stays = locality.stays(near, all);
            assert!((stays - expected).abs() < 1e-9, "{near}/{all}: {stays}");
        }
    }
}
