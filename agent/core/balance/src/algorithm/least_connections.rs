//! Least connections: the one with the fewest requests under way for its weight; of equals, each as often as its weight says.
//!
//! A thread keeps a tournament over the members: each inner node holds the winner of the two below, so the best of all is at the root
//! and a changed load costs O(log n). Loads are shared counters that other threads change without a word. So the winner's load is
//! read again before it is taken (one that has become busy is never taken for idle), and with each choice [`LOOKS`] other members are
//! read in turn, so that no load is older than n / [`LOOKS`] choices. What this thread itself ends it marks at once.
//!
//! Equals are told apart by start-time fair queueing: Goyal, Vin, Cheng (SIGCOMM 1996). Each choice moves a member's tag on by 1 over
//! its weight, and the lowest tag is first. Without that, idle members would be asked in the order of the list, or all alike.

use std::cmp::Ordering;

use crate::Draws;
use crate::mutation::mutated;
use crate::pool::Member;

/// Members whose loads are read again with each choice.
const LOOKS: usize = 2;
/// How often a winner's load may turn out to be another one.
const SURPRISES_MAX: usize = 8;
/// By so much over its weight a tag moves. At a weight of one thousandth a tag runs over after 2³² choices of this member.
const STRIDE: u64 = 1 << 32;

#[derive(Debug)]
pub(crate) struct Tournament {
    leaves: Box<[Leaf]>,
    /// Inner nodes from 1 on: the winner below. Below node i are 2i and 2i + 1; from `leaves.len()` on they are leaves.
    winners: Box<[u32]>,
    /// Who is looked at next.
    look: usize,
    /// The tag of the last choice: who was idle for long begins here, it has saved up nothing.
    time: u64,
}

#[derive(Clone, Copy, Debug)]
struct Leaf {
    load: f64,
    tag: u64,
}

impl Leaf {
    fn order(&self, other: &Self) -> Ordering {
        let ties = || {
            if mutated("least-connections-ties") {
                return Ordering::Equal;
            }
            self.tag.cmp(&other.tag)
        };
        self.load.total_cmp(&other.load).then_with(ties)
    }
}

fn load(member: &Member) -> f64 {
    f64::from(member.backend.requests()) / f64::from(member.weight)
}

impl Tournament {
    pub(crate) fn new(members: &[Member], draws: &mut Draws) -> Self {
        let count = members.len();
        // Threads begin at different places, so that together they do not all ask the first.
        let stride = |member: &Member| STRIDE / u64::from(member.weight);
        let leaf = |member| Leaf {
            load: load(member),
            tag: (draws.unit() * stride(member) as f64) as u64,
        };
        let mut tournament = Self {
            leaves: members.iter().map(leaf).collect(),
            winners: vec![0; count].into_boxed_slice(),
            look: 0,
            time: 0,
        };
        (1..count).rev().for_each(|node| tournament.play(node));
        tournament
    }

    /// The place of the least loaded.
    pub(crate) fn next(&mut self, members: &[Member]) -> usize {
        for _ in 0..LOOKS.min(members.len()) {
            self.look = (self.look + 1) % members.len();
            self.read(members, self.look);
        }
        for _ in 0..SURPRISES_MAX {
            if mutated("least-connections-stale") || !self.read(members, self.first()) {
                break;
            }
        }
        let first = self.first();
        let leaf = &mut self.leaves[first];
        self.time = self.time.max(leaf.tag);
        leaf.tag = self.time + STRIDE / u64::from(members[first].weight);
        self.replay(first);
        first
    }

    /// Reads a member's load; true if it is another one.
    pub(crate) fn read(&mut self, members: &[Member], place: usize) -> bool {
        let load = load(&members[place]);
        if self.leaves[place].load == load {
            return false;
        }
        self.leaves[place].load = load;
        self.replay(place);
        true
    }

    fn first(&self) -> usize {
        self.winners.get(1).copied().unwrap_or(0) as usize
    }

    fn replay(&mut self, place: usize) {
        let mut node = (place + self.leaves.len()) / 2;
        while node >= 1 && self.leaves.len() > 1 {
            self.play(node);
            node /= 2;
        }
    }

    fn play(&mut self, node: usize) {
        let (one, other) = (self.winner(2 * node), self.winner(2 * node + 1));
        let order = self.leaves[one].order(&self.leaves[other]);
        self.winners[node] = if order == Ordering::Greater {
            other
        } else {
            one
        } as u32;
    }

    fn winner(&self, node: usize) -> usize {
        match node.checked_sub(self.leaves.len()) {
            Some(place) => place,
            None => self.winners[node] as usize,
        }
    }
}
