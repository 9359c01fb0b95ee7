//! Maglev: a key goes by a table that is filled evenly and changes little.
//!
//! Eisenbud and others, "Maglev: a fast and reliable software network load balancer" (NSDI 2016), section 3.4: each backend has a
//! permutation of the table's slots, of an offset and a step; in turn they take the next of theirs that is free. The number of slots is a
//! prime, so that each step reaches all. All parts are equal to one slot; when one of n goes, little more than its n-th part moves.
//! Where weights differ, a backend takes its turn in as many rounds as its part of the highest weight, as Envoy has it.

use crate::entropy::mixed;
use crate::mutation::mutated;
use crate::pool::Member;

use super::Question;

/// How large a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    slots: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { slots: 65_537 }
    }
}

impl Settings {
    /// A table of so many slots: a prime, above a hundred times the backends, the same in every proxy. None if it is not a prime
    /// between 2 and 5,000,011.
    #[must_use]
    pub fn new(slots: u32) -> Option<Self> {
        let divides = |by: &u32| slots.is_multiple_of(*by);
        let is_small = (2..=5_000_011).contains(&slots);
        let root = f64::from(slots).sqrt() as u32;
        (is_small && !(2..=root).any(|by| divides(&by))).then_some(Self { slots })
    }
}

/// Of each slot, whose it is.
#[derive(Debug)]
pub(crate) struct Maglev(Box<[u32]>);

/// Nobody's.
const FREE: u32 = u32::MAX;

/// A backend's way through the slots.
struct Way {
    next: u64,
    step: u64,
    gained: u64,
    weight: u64,
}

impl Maglev {
    pub(crate) fn new(members: &[Member], settings: &Settings) -> Self {
        let slots = u64::from(settings.slots);
        let way = |member: &Member| {
            let key = member.backend.key();
            Way {
                next: mixed(key) % slots,
                step: mixed(key ^ 0x5bf0_3635_dcd1_d2ab) % (slots - 1) + 1,
                gained: 0,
                weight: u64::from(member.base),
            }
        };
        let mut ways = members.iter().map(way).collect::<Vec<_>>();
        let highest = ways.iter().map(|way| way.weight).max().unwrap_or(1).max(1);
        let mut table = vec![FREE; settings.slots as usize];
        let mut free = table.len();
        while free > 0 && !ways.is_empty() {
            for (place, way) in ways.iter_mut().enumerate() {
                way.gained += way.weight;
                if way.gained < highest || free == 0 {
                    continue;
                }
                way.gained -= highest;
                let slot = way.free_slot(&table);
                table[slot] = place as u32;
                free -= 1;
            }
        }
        Self(table.into_boxed_slice())
    }

    /// The place of the one who has this key.
    pub(crate) fn choose(&self, question: Question) -> usize {
        let hash = question.hash.wrapping_add(u64::from(question.attempt));
        if mutated("maglev-modulo") {
            let count = self.0.iter().max().map_or(1, |most| most + 1);
            return (mixed(hash) % u64::from(count)) as usize;
        }
        self.0[(mixed(hash) % self.0.len() as u64) as usize] as usize
    }
}

impl Way {
    /// The next slot on this way that is free, of which there is one.
    fn free_slot(&mut self, table: &[u32]) -> usize {
        loop {
            let slot = self.next as usize;
            self.next = (self.next + self.step) % table.len() as u64;
            if table[slot] == FREE {
                return slot;
            }
        }
    }
}
