//! The log as the layer above stores and shortens it: entries, bases, snapshots.

use crate::acceptor::Acceptor;
use crate::{Base, Entry, Now, Record, Replica, Slot};

impl Replica {
    /// Log entries from `from` on, as many as fit into `max_bytes`, at least one if there is one. They are decided only
    /// through [`Replica::decided`].
    #[must_use]
    pub fn entries(&self, from: Slot, max_bytes: usize) -> Vec<Entry> {
        self.acceptor
            .log
            .range(from, self.acceptor.log.last(), max_bytes)
    }

    /// Forgets entries through `through`, which a durable snapshot holds. Never more than what is decided.
    pub fn compact(&mut self, through: Slot) {
        let through = through.min(self.acceptor.decided);
        if through > self.acceptor.log.base().slot {
            self.acceptor.log.compact(through);
        }
    }

    /// Where the log begins.
    #[must_use]
    pub const fn base(&self) -> &Base {
        self.acceptor.log.base()
    }

    /// What a snapshot of everything through `slot` stands for; `None` if the log does not reach there.
    #[must_use]
    pub fn base_at(&self, slot: Slot) -> Option<Base> {
        if slot > self.acceptor.decided {
            None
        } else {
            self.acceptor.log.base_at(slot)
        }
    }

    /// The first slot held; one past [`Replica::last`] if none is.
    #[must_use]
    pub const fn first(&self) -> Slot {
        self.acceptor.log.first()
    }

    /// The last slot accepted.
    #[must_use]
    pub fn last(&self) -> Slot {
        self.acceptor.log.last()
    }

    /// The last slot known to be decided.
    #[must_use]
    pub const fn decided(&self) -> Slot {
        self.acceptor.decided
    }

    /// Records that give back what must outlive the deletion of older records: the promise, and in which ballot the log is
    /// accepted.
    #[must_use]
    pub fn durable_records(&self) -> Vec<Record> {
        let Acceptor {
            promised,
            accepted,
            decided,
            log,
        } = &self.acceptor;
        let from = log.last().next();
        vec![
            Record::Append {
                ballot: *accepted,
                from,
                entries: Vec::new(),
                decided: *decided,
            },
            Record::Promise { ballot: *promised },
        ]
    }

    /// A snapshot that stands for `base` is durable and restored above: the log goes on from there.
    pub fn install(&mut self, now: Now, base: Base) {
        self.acceptor.install(base);
        self.told_decided = self.told_decided.max(self.acceptor.decided);
        self.durable.last = self
            .durable
            .last
            .max(self.acceptor.log.base().slot)
            .min(self.acceptor.log.last());
        self.durable.decided = self.durable.decided.max(self.acceptor.decided);
        self.regain_standing();
        self.owe_decided();
        self.keep_standing(now);
        self.try_lead(now);
    }
}
