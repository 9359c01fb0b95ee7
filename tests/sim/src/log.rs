//! What everybody may be held to, whatever the machine is: the log as the first to apply it saw it, and who led.

use std::collections::BTreeMap;

use bytes::Bytes;
use synod_paxos::{Ballot, Node};
use synod_replica::Stamp;

use crate::clock::Instant;
use crate::demand;

/// What a slot held for the state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// A command.
    Command(Bytes),
}

/// What is known of one slot.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where and when.
    pub stamp: Stamp,
    /// What.
    pub held: Held,
    digest: u64,
    /// Who applied it first.
    first: Node,
}

/// The log, as far as anybody applied it.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// True time, told before each step.
    pub now: Instant,
    records: Vec<Record>,
    leaderships: BTreeMap<Ballot, (Node, u64)>,
    /// Leaders that applied everything and began.
    pub elections: u64,
    /// Requests of clients that were answered.
    pub answered: u64,
    /// True while a survivor alone decides what it had accepted.
    pub alone: bool,
}

impl Log {
    /// The last slot anybody applied.
    #[must_use]
    pub fn frontier(&self) -> u64 {
        self.records.len() as u64
    }

    /// What is known of a slot.
    #[must_use]
    pub fn record(&self, slot: u64) -> Option<&Record> {
        self.records.get((slot as usize).checked_sub(1)?)
    }

    /// All slots, in order.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// A leader has applied everything before its ballot and begins.
    pub fn leads(&mut self, node: Node, incarnation: u64, ballot: Ballot, applied: u64) {
        demand!(
            "ballots",
            ballot.node == node,
            "{node} leads in {ballot}, which is not its own"
        );
        let before = self.leaderships.insert(ballot, (node, incarnation));
        demand!(
            "ballots",
            before.is_none(),
            "{node} leads in {ballot} again (incarnation {incarnation}, before {before:?})"
        );
        // What former leaders chose is applied before a machine leads.
        let late = self.records.get(applied as usize..).into_iter().flatten();
        let missed = late
            .map(|record| record.stamp)
            .find(|stamp| stamp.ballot < ballot);
        demand!(
            "leadership",
            missed.is_none(),
            "{node} leads in {ballot} and has applied only s{applied}, before {missed:?}"
        );
        self.elections += 1;
        self.alone = false;
    }

    /// The ballot of a leader that was followed by another one.
    #[must_use]
    pub fn deposed(&self) -> Option<Ballot> {
        self.leaderships.keys().rev().nth(1).copied()
    }

    /// Somebody applied a slot: true for the first, with whom all others must agree.
    pub fn applied(&mut self, node: Node, stamp: &Stamp, held: &Held, digest: u64) -> bool {
        let frontier = self.frontier();
        if stamp.slot.0 <= frontier {
            let first = &self.records[stamp.slot.0 as usize - 1];
            demand!(
                "agreement",
                first.held == *held && first.stamp == *stamp,
                "{node} applied {held:?} with {stamp:?} where {} applied {:?} with {:?}",
                first.first,
                first.held,
                first.stamp
            );
            demand!(
                "equal state",
                first.digest == digest,
                "{node} has digest {digest:x} after {}, {} had {:x}; the slot held {:?}",
                stamp.slot,
                first.first,
                first.digest,
                first.held
            );
            return false;
        }
        demand!(
            "agreement",
            stamp.slot.0 == frontier + 1,
            "{node} applied {} while nobody had applied s{}",
            stamp.slot,
            frontier + 1
        );
        self.check_stamp(stamp);
        self.records.push(Record {
            stamp: *stamp,
            held: held.clone(),
            digest,
            first: node,
        });
        true
    }

    fn check_stamp(&self, stamp: &Stamp) {
        let Some(last) = self.records.last() else {
            return;
        };
        demand!(
            "stamps",
            stamp.time_ms >= last.stamp.time_ms,
            "the replicated clock goes back from {} to {} at {}",
            last.stamp.time_ms,
            stamp.time_ms,
            stamp.slot
        );
        demand!(
            "stamps",
            stamp.newest >= last.stamp.newest && stamp.newest >= stamp.ballot,
            "newest ballot {} after {} at {}",
            stamp.newest,
            last.stamp.newest,
            stamp.slot
        );
        demand!(
            "stamps",
            stamp.level >= last.stamp.level,
            "the feature level falls at {}",
            stamp.slot
        );
    }

    /// The digest after `slot`, as the first to apply it had it; nothing for slot 0 and what nobody applied.
    #[must_use]
    pub fn digest_after(&self, slot: u64) -> Option<u64> {
        self.record(slot).map(|record| record.digest)
    }

    /// What came after `through` is as if it had never been: a survivor decides alone what is next.
    pub fn go_back(&mut self, through: u64) {
        self.records.truncate(through as usize);
        self.alone = true;
    }
}
