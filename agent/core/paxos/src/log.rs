//! The log in memory: entries after a base, and the configurations among them.

use std::collections::VecDeque;

use crate::{Ballot, Base, Configuration, Entry, Payload, Slot};

/// Entries after `base`, contiguous.
///
/// Invariants:
/// 1. Proposing ballots never fall from one entry to the next.
/// 2. `configurations` holds exactly the configuration entries of `entries`, in order of slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    base: Base,
    entries: VecDeque<Entry>,
    configurations: VecDeque<(Slot, Configuration)>,
}

impl Log {
    pub(crate) fn new(base: Base) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    pub(crate) const fn base(&self) -> &Base {
        &self.base
    }

    /// The first slot held; one past `last` if none is.
    pub(crate) const fn first(&self) -> Slot {
        self.base.slot.next()
    }

    pub(crate) fn last(&self) -> Slot {
        Slot(self.base.slot.0 + self.entries.len() as u64)
    }

    fn index(&self, slot: Slot) -> Option<usize> {
        slot.0
            .checked_sub(self.base.slot.0 + 1)
            .and_then(|index| usize::try_from(index).ok())
    }

    pub(crate) fn get(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(self.index(slot)?)
    }

    /// The proposing ballot of the entry at `slot`, which may be the base's.
    pub(crate) fn ballot_at(&self, slot: Slot) -> Option<Ballot> {
        if slot == self.base.slot {
            Some(self.base.ballot)
        } else {
            self.get(slot).map(|entry| entry.ballot)
        }
    }

    /// Entries from `from` on through `through`, as many as fit into `bytes`, at least one if there is one.
    pub(crate) fn range(&self, from: Slot, through: Slot, bytes: usize) -> Vec<Entry> {
        let Some(start) = self.index(from) else {
            return Vec::new();
        };
        let wanted = usize::try_from((through.0 + 1).saturating_sub(from.0)).unwrap_or(usize::MAX);
        let mut weight = 0;
        let mut taken = Vec::new();
        for entry in self
            .entries
            .range(start.min(self.entries.len())..)
            .take(wanted)
        {
            weight += entry.weight();
            if weight > bytes && !taken.is_empty() {
                break;
            }
            taken.push(entry.clone());
        }
        taken
    }

    /// Bytes of the entries from `from` on.
    pub(crate) fn weight_from(&self, from: Slot) -> usize {
        let start = self.index(from).unwrap_or(0).min(self.entries.len());
        self.entries.range(start..).map(Entry::weight).sum()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        let slot = self.last().next();
        if let Payload::Configuration(configuration) = &entry.payload {
            self.configurations.push_back((slot, configuration.clone()));
        }
        self.entries.push_back(entry);
    }

    /// Drops everything after `slot`.
    pub(crate) fn truncate_after(&mut self, slot: Slot) {
        let keep = self.index(slot.next()).unwrap_or(0);
        self.entries.truncate(keep);
        while self.configurations.back().is_some_and(|(at, _)| *at > slot) {
            self.configurations.pop_back();
        }
    }

    /// The configuration that decides about `slot`: the last one before it.
    pub(crate) fn governing(&self, slot: Slot) -> &Configuration {
        self.configurations
            .iter()
            .rev()
            .find(|(at, _)| *at < slot)
            .map_or(&self.base.configuration, |(_, c)| c)
    }

    /// The last configuration the log holds, decided or not.
    pub(crate) fn latest(&self) -> &Configuration {
        self.configurations
            .back()
            .map_or(&self.base.configuration, |(_, c)| c)
    }

    /// The slot of the last configuration; the base's slot if none follows it.
    pub(crate) fn latest_slot(&self) -> Slot {
        self.configurations
            .back()
            .map_or(self.base.slot, |(at, _)| *at)
    }

    /// The slot of the first configuration at or after `slot`.
    pub(crate) fn configuration_from(&self, slot: Slot) -> Option<Slot> {
        self.configurations
            .iter()
            .map(|(at, _)| *at)
            .find(|at| *at >= slot)
    }

    /// What a snapshot at `slot` stands for.
    pub(crate) fn base_at(&self, slot: Slot) -> Option<Base> {
        let ballot = self.ballot_at(slot)?;
        Some(Base {
            slot,
            ballot,
            configuration: self.governing(slot.next()).clone(),
        })
    }

    /// Forgets the entries through `slot`.
    pub(crate) fn compact(&mut self, slot: Slot) {
        let Some(base) = self.base_at(slot) else {
            return;
        };
        let dropped = usize::try_from(slot.0 - self.base.slot.0).unwrap_or(usize::MAX);
        self.entries.drain(..dropped.min(self.entries.len()));
        while self
            .configurations
            .front()
            .is_some_and(|(at, _)| *at <= slot)
        {
            self.configurations.pop_front();
        }
        self.base = base;
    }

    /// Begins at `base`; keeps what follows it if the log agrees with it there.
    pub(crate) fn rebase(&mut self, base: Base) {
        if self.ballot_at(base.slot) == Some(base.ballot) && base.slot >= self.base.slot {
            self.compact(base.slot);
            self.base = base;
        } else {
            *self = Self::new(base);
        }
    }
}
