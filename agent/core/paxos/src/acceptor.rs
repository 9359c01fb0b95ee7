//! The acceptor: what a member has promised and accepted. Changes only by [`Record`]s, live and at recovery alike.

use crate::log::Log;
use crate::mutation::mutated;
use crate::{Ballot, Base, Entry, Record, Slot};

/// What a member must remember.
///
/// Invariants:
/// 1. `accepted <= promised`.
/// 2. `base.slot <= decided <= last`.
/// 3. The log is, through `decided`, what is chosen; after it, a prefix of what the leader of `accepted` proposed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acceptor {
    /// Nothing below is promised or accepted any more.
    pub(crate) promised: Ballot,
    /// The ballot in which the log is accepted.
    pub(crate) accepted: Ballot,
    /// Known decided.
    pub(crate) decided: Slot,
    pub(crate) log: Log,
}

impl Acceptor {
    pub(crate) fn new(base: Base) -> Self {
        Self {
            decided: base.slot,
            log: Log::new(base),
            ..Self::default()
        }
    }

    /// Carries out a record. Slots that a snapshot already covers are passed over.
    pub(crate) fn apply(&mut self, record: &Record) {
        match record {
            Record::Promise { ballot } => self.promised = self.promised.max(*ballot),
            Record::Sync {
                ballot,
                from,
                entries,
                decided,
            } => {
                self.promised = self.promised.max(*ballot);
                self.accepted = *ballot;
                self.log
                    .truncate_after(Slot(from.0.saturating_sub(1)).max(self.log.base().slot));
                self.append(*from, entries);
                self.decide(*decided);
            }
            Record::Append {
                ballot,
                from,
                entries,
                decided,
            } => {
                self.promised = self.promised.max(*ballot);
                self.accepted = *ballot;
                self.append(*from, entries);
                self.decide(*decided);
            }
            Record::Learn { from, entries } => self.learn(*from, entries),
        }
    }

    fn append(&mut self, from: Slot, entries: &[Entry]) {
        for (slot, entry) in slots(from, entries) {
            if slot > self.log.last() {
                self.log.push(entry.clone());
            }
        }
    }

    fn learn(&mut self, from: Slot, entries: &[Entry]) {
        for (slot, entry) in slots(from, entries) {
            if slot <= self.decided {
                continue;
            }
            if self.log.ballot_at(slot) != Some(entry.ballot) {
                if mutated("paxos-learn-keeps-conflicting-suffix") && slot <= self.log.last() {
                    self.decided = slot;
                    continue;
                }
                self.log.truncate_after(Slot(slot.0 - 1));
                self.log.push(entry.clone());
            }
            self.decided = slot;
        }
    }

    /// Everything through `slot` that the log holds is decided.
    pub(crate) fn decide(&mut self, slot: Slot) {
        self.decided = self.decided.max(slot.min(self.log.last()));
    }

    /// A snapshot replaces the log through `base.slot`.
    pub(crate) fn install(&mut self, base: Base) {
        if base.slot <= self.decided {
            return;
        }
        self.decided = base.slot;
        self.log.rebase(base);
    }

    pub(crate) fn invariants(&self) {
        assert!(
            self.accepted <= self.promised,
            "accepted {} above promised {}",
            self.accepted,
            self.promised
        );
        assert!(
            self.log.base().slot <= self.decided,
            "base {} above decided {}",
            self.log.base().slot,
            self.decided
        );
        assert!(
            self.decided <= self.log.last(),
            "decided {} above last {}",
            self.decided,
            self.log.last()
        );
        if let Some(entry) = self.log.get(self.log.last())
            && self.log.last() > self.decided
        {
            assert!(
                entry.ballot <= self.accepted,
                "entry of {} in a log accepted in {}",
                entry.ballot,
                self.accepted
            );
        }
    }
}

/// Pairs entries with their slots.
pub(crate) fn slots(from: Slot, entries: &[Entry]) -> impl Iterator<Item = (Slot, &Entry)> {
    (from.0..).map(Slot).zip(entries)
}
