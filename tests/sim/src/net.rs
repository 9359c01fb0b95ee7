//! A simulated network: frames between nodes are lost, repeated, delayed and reordered; links are cut in one or both
//! directions; connections are reset. It decides the fate of frames; the world delivers them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use synod_paxos::Node;
use synod_replica::Net;

use crate::clock::{Instant, MS};
use crate::random::Random;

/// How the network behaves.
#[derive(Clone, Debug)]
pub struct NetProfile {
    /// Mean delay of a frame in nanoseconds.
    pub delay_mean: u64,
    /// Lost frames in a thousand.
    pub loss_per_mille: u64,
    /// Repeated frames in a thousand.
    pub repeat_per_mille: u64,
    /// Frames in a thousand that may overtake others and be overtaken.
    pub reorder_per_mille: u64,
    /// Frames in a thousand that take a hundred times as long.
    pub straggle_per_mille: u64,
}

impl NetProfile {
    /// A network of a quiet day.
    pub const QUIET: Self = Self {
        delay_mean: MS / 4,
        loss_per_mille: 0,
        repeat_per_mille: 0,
        reorder_per_mille: 0,
        straggle_per_mille: 0,
    };
}

/// What one node asked of the network since it was last looked at.
#[derive(Debug, Default)]
struct Wire {
    outbox: Vec<(Node, Bytes)>,
    peers: BTreeMap<Node, Bytes>,
}

/// The driver's end of the network.
#[derive(Clone, Debug, Default)]
pub struct SimNet(Rc<RefCell<Wire>>);

impl SimNet {
    /// Takes what was sent.
    #[must_use]
    pub fn take(&self) -> Vec<(Node, Bytes)> {
        std::mem::take(&mut self.0.borrow_mut().outbox)
    }

    /// Whether this node was told of `peer`, so that it dials it.
    #[must_use]
    pub fn knows(&self, peer: Node) -> bool {
        self.0.borrow().peers.contains_key(&peer)
    }
}

impl Net for SimNet {
    fn send(&mut self, to: Node, parts: Vec<Bytes>) {
        let frame = match <[Bytes; 1]>::try_from(parts) {
            Ok([one]) => one,
            Err(parts) => {
                let mut frame = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
                for part in &parts {
                    frame.extend_from_slice(part);
                }
                frame.freeze()
            }
        };
        self.0.borrow_mut().outbox.push((to, frame));
    }

    fn peers(&mut self, peers: &[(Node, Bytes)]) {
        self.0.borrow_mut().peers = peers.iter().cloned().collect();
    }
}

/// Counts of what was done to frames.
#[derive(Clone, Copy, Debug, Default)]
pub struct NetCounts {
    /// Frames sent.
    pub sent: u64,
    /// Frames lost by chance.
    pub lost: u64,
    /// Frames repeated.
    pub repeated: u64,
    /// Frames that may overtake.
    pub reordered: u64,
    /// Frames lost on a cut link.
    pub cut: u64,
}

/// All links.
#[derive(Debug)]
pub struct Links {
    /// How they behave from now on.
    pub profile: NetProfile,
    /// What was done.
    pub counts: NetCounts,
    cut: BTreeSet<(Node, Node)>,
    /// When the last frame in order arrives, per link.
    arrival: BTreeMap<(Node, Node), Instant>,
    random: Random,
}

impl Links {
    /// A whole network.
    #[must_use]
    pub fn new(random: Random, profile: NetProfile) -> Self {
        Self {
            profile,
            counts: NetCounts::default(),
            cut: BTreeSet::new(),
            arrival: BTreeMap::new(),
            random,
        }
    }

    /// Whether frames go from `from` to `to`.
    #[must_use]
    pub fn open(&self, from: Node, to: Node) -> bool {
        !self.cut.contains(&(from, to))
    }

    /// Cuts the way from `from` to `to`.
    pub fn cut(&mut self, from: Node, to: Node) {
        self.cut.insert((from, to));
    }

    /// A new connection: what is sent on it waits for nothing that was sent before.
    pub fn begin(&mut self, from: Node, to: Node) {
        self.arrival.remove(&(from, to));
    }

    /// Makes every link whole. Returns the pairs that were cut.
    pub fn heal(&mut self) -> BTreeSet<(Node, Node)> {
        std::mem::take(&mut self.cut)
    }

    /// When a frame sent now arrives: never, once, or twice.
    pub fn fate(&mut self, now: Instant, from: Node, to: Node) -> [Option<Instant>; 2] {
        self.counts.sent += 1;
        if !self.open(from, to) {
            self.counts.cut += 1;
            return [None, None];
        }
        if self.random.chance(self.profile.loss_per_mille) {
            self.counts.lost += 1;
            return [None, None];
        }
        let first = self.arrival(now, from, to);
        if !self.random.chance(self.profile.repeat_per_mille) {
            return [Some(first), None];
        }
        self.counts.repeated += 1;
        let again = first + self.random.around(20 * self.profile.delay_mean);
        [Some(first), Some(again)]
    }

    fn arrival(&mut self, now: Instant, from: Node, to: Node) -> Instant {
        let floor = self.profile.delay_mean / 4;
        let mut at = now + floor + self.random.around(self.profile.delay_mean - floor);
        if self.random.chance(self.profile.straggle_per_mille) {
            at += self.random.around(100 * self.profile.delay_mean);
        }
        if self.random.chance(self.profile.reorder_per_mille) {
            self.counts.reordered += 1;
            return at + self.random.around(4 * self.profile.delay_mean);
        }
        let last = self.arrival.entry((from, to)).or_default();
        *last = at.max(*last + 1);
        *last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_order_unless_told_otherwise() {
        let mut links = Links::new(Random::new(3), NetProfile::QUIET);
        let mut last = 0;
        for now in 0..1000 {
            let [Some(at), None] = links.fate(now, Node(1), Node(2)) else {
                panic!("a quiet network loses nothing")
            };
            assert!(at > last);
            last = at;
        }
    }

    #[test]
    fn a_cut_is_one_way() {
        let mut links = Links::new(Random::new(3), NetProfile::QUIET);
        links.cut(Node(1), Node(2));
        assert_eq!(links.fate(0, Node(1), Node(2)), [None, None]);
        assert!(links.fate(0, Node(2), Node(1))[0].is_some());
        assert_eq!(links.heal().len(), 1);
        assert!(links.open(Node(1), Node(2)));
    }
}
