//! What goes through a machine, in which order, whatever the machine is.

use synod_paxos::{Ballot, Node, Slot};
use synod_replica::Stamp;

use crate::demand;
use crate::log::Log;

/// Where a machine of a process stands.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    pub(crate) node: Node,
    pub(crate) incarnation: u64,
    /// The last slot that went through it; unknown after a restore until the next one does.
    pub(crate) at: Option<Slot>,
    /// The ballot it leads in.
    led: Option<Ballot>,
}

impl Passage {
    pub(crate) const fn new(node: Node, incarnation: u64) -> Self {
        Self {
            node,
            incarnation,
            at: Some(Slot(0)),
            led: None,
        }
    }

    /// The next slot is about to go through it; `digest` is that of its state.
    pub(crate) fn advance(&mut self, stamp: &Stamp, log: &Log, digest: u64) {
        match self.at {
            Some(at) => demand!(
                "exactly once",
                stamp.slot == at.next(),
                "{} applies {} after {at} (incarnation {})",
                self.node,
                stamp.slot,
                self.incarnation
            ),
            None => {
                let before = log.digest_after(stamp.slot.0 - 1);
                demand!(
                    "equal state",
                    before.is_none_or(|before| before == digest),
                    "{} restored a snapshot and goes on with {}: its digest is {digest:x}, that of s{} was {before:x?}",
                    self.node,
                    stamp.slot,
                    stamp.slot.0 - 1
                );
            }
        }
        demand!(
            "leadership",
            self.led.is_none_or(|led| led <= stamp.ballot),
            "{} leads in {:?} and applies {} of {}",
            self.node,
            self.led,
            stamp.slot,
            stamp.ballot
        );
        self.at = Some(stamp.slot);
    }

    /// It leads from now on.
    pub(crate) fn leads(&mut self, ballot: Ballot, log: &mut Log) {
        let applied = self.at.map_or(u64::MAX, |at| at.0);
        log.leads(self.node, self.incarnation, ballot, applied);
        self.led = Some(ballot);
    }

    /// It leads no more.
    pub(crate) const fn follows(&mut self) {
        self.led = None;
    }
}
