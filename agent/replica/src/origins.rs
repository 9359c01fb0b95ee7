//! Which commands of which origins were applied: what makes a command that reached the log twice apply once.
//!
//! Part of the replicated state: equal on all members, and in every snapshot.

use std::collections::{BTreeMap, BTreeSet};

use synod_paxos::Slot;

use crate::codec::{DecodeError, Reader, Writer, put_slot, slot};
use crate::envelope::Origin;

/// The sequences of one origin that are done: all below `base`, and those in `beyond`.
///
/// Invariant: `beyond` holds only sequences above `base`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    base: u64,
    beyond: BTreeSet<u64>,
}

impl Window {
    /// Sequences kept beyond the first gap. At the bound the gap counts as closed: what is in it is never applied any
    /// more. An origin has fewer outstanding than this.
    const BEYOND_MAX: usize = 64 << 10;

    /// Notes a sequence as done, and all below `floor`. False if it was done before.
    pub(crate) fn insert(&mut self, sequence: u64, floor: u64) -> bool {
        if self.contains(sequence) {
            self.raise(floor);
            return false;
        }
        if sequence == self.base {
            self.base += 1;
        } else {
            self.beyond.insert(sequence);
        }
        self.raise(floor.min(sequence.saturating_add(1)));
        if self.beyond.len() > Self::BEYOND_MAX
            && let Some(first) = self.beyond.first().copied()
        {
            self.raise(first);
        }
        true
    }

    /// True if the sequence is done.
    pub(crate) fn contains(&self, sequence: u64) -> bool {
        sequence < self.base || self.beyond.contains(&sequence)
    }

    fn raise(&mut self, floor: u64) {
        if floor > self.base {
            self.base = floor;
            if self.beyond.first().is_some_and(|first| *first < floor) {
                self.beyond = self.beyond.split_off(&floor);
            }
        }
        while self.beyond.remove(&self.base) {
            self.base += 1;
        }
    }
}

/// The windows of all origins heard of lately.
///
/// Bound: [`Origins::MAX`]; the one whose last command is longest ago is forgotten. A retry of a forgotten origin would
/// apply again, but a retry lives for seconds, and a thousand other processes would have to begin to write meanwhile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins {
    by_incarnation: BTreeMap<u64, (Slot, Window)>,
}

impl Origins {
    /// Origins remembered.
    pub(crate) const MAX: usize = 1_024;

    /// Notes a command as applied at `slot`. False if it was applied before.
    pub(crate) fn insert(&mut self, origin: Origin, slot: Slot) -> bool {
        if !self.by_incarnation.contains_key(&origin.incarnation) {
            self.make_room();
        }
        let (last, window) = self.by_incarnation.entry(origin.incarnation).or_default();
        *last = slot;
        window.insert(origin.sequence, origin.floor)
    }

    /// True if a command was applied.
    pub(crate) fn contains(&self, origin: Origin) -> bool {
        self.by_incarnation
            .get(&origin.incarnation)
            .is_some_and(|(_, window)| window.contains(origin.sequence))
    }

    fn make_room(&mut self) {
        if self.by_incarnation.len() < Self::MAX {
            return;
        }
        let oldest = self
            .by_incarnation
            .iter()
            .min_by_key(|(incarnation, (last, _))| (*last, **incarnation))
            .map(|(incarnation, _)| *incarnation);
        if let Some(oldest) = oldest {
            self.by_incarnation.remove(&oldest);
        }
    }

    pub(crate) fn encode(&self, w: &mut Writer) {
        w.varint(self.by_incarnation.len() as u64);
        for (incarnation, (last, window)) in &self.by_incarnation {
            w.u64_fixed(*incarnation);
            put_slot(w, *last);
            w.varint(window.base);
            w.varint(window.beyond.len() as u64);
            for sequence in &window.beyond {
                w.varint(*sequence);
            }
        }
    }

    pub(crate) fn decode(r: &mut Reader) -> Result<Self, DecodeError> {
        let mut by_incarnation = BTreeMap::new();
        for _ in 0..r.count(11)? {
            let incarnation = r.u64_fixed()?;
            let last = slot(r)?;
            let base = r.varint()?;
            let mut beyond = BTreeSet::new();
            for _ in 0..r.count(1)? {
                beyond.insert(r.varint()?);
            }
            if beyond.first().is_some_and(|first| *first <= base) {
                return Err(DecodeError::Invalid("an origin's window"));
            }
            by_incarnation.insert(incarnation, (last, Window { base, beyond }));
        }
        Ok(Self { by_incarnation })
    }
}
