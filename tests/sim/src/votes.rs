//! What members say to each other, overheard: a promise is never contradicted, an acceptance never taken back, a ballot
//! never used by two processes, an entry of a ballot never changed, and nobody votes who lost its promises.
//!
//! All of it is checked when a frame is handed to the network: what is lost on the way was said all the same.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash, Hasher};

use bytes::Bytes;
use hashbrown::{DefaultHashBuilder, HashMap};
use synod_paxos::{Ballot, Body, Entry, Message, Node, Payload, Slot};

use crate::demand;

/// What one member said, over all its processes.
#[derive(Debug, Default)]
struct Said {
    /// Nothing below is promised or accepted any more.
    promised: Ballot,
    /// The last slot said to be durable, and in which ballot.
    accepted: (Ballot, Slot),
    /// What it said with its last promise that it had accepted: it may repeat that, but no more.
    reported: (Ballot, Slot),
    /// The highest ballot that it was told of.
    heard: Ballot,
}

/// Everything overheard.
#[derive(Default)]
pub(crate) struct Votes {
    said: BTreeMap<Node, Said>,
    /// The process that first stood or led in a ballot, and whether it led.
    ballots: BTreeMap<Ballot, (u64, bool)>,
    /// Hash of the entry first seen at a slot in a ballot.
    entries: HashMap<(Slot, Ballot), u64>,
    hasher: Option<DefaultHashBuilder>,
}

impl Votes {
    /// The disk of `node` is lost, and with it what it said. It may stand again in a ballot in which it never led: nothing
    /// was proposed in it, and promises given in it hold.
    pub(crate) fn forget(&mut self, node: Node) {
        self.said.remove(&node);
        self.ballots
            .retain(|ballot, (_, led)| ballot.node != node || *led);
    }

    /// A frame arrives at `node`.
    pub(crate) fn hears(&mut self, node: Node, frame: &Bytes) {
        let message = synod_replica::overhear(frame);
        if let Some(ballot) = message.and_then(|message| message.body.ballot()) {
            let said = self.said.entry(node).or_default();
            said.heard = said.heard.max(ballot);
        }
    }

    /// Through which slot the log of `node` holds what was accepted in a ballot, if it is certain that this was not
    /// superseded: it never heard of a higher one.
    pub(crate) fn holds(&self, node: Node) -> Option<(Ballot, Slot)> {
        let said = self.said.get(&node)?;
        let newest = said.heard.max(said.promised);
        (newest == said.accepted.0).then_some(said.accepted)
    }

    /// Whether anybody but `node` ever voted.
    pub(crate) fn others_voted(&self, node: Node) -> bool {
        let voted = |said: &Said| said.promised > Ballot::default();
        let mut others = self.said.iter().filter(|(other, _)| **other != node);
        others.any(|(_, said)| voted(said))
    }

    /// `message` leaves process `incarnation` of `from`, which may vote or not.
    pub(crate) fn overhear(
        &mut self,
        from: Node,
        incarnation: u64,
        may_vote: bool,
        message: &Message,
    ) {
        demand!(
            "promises",
            message.from == from,
            "{from} speaks as {}",
            message.from
        );
        match &message.body {
            Body::CanvassReply { granted: true, .. } => vote(from, may_vote, message),
            Body::Prepare { ballot, .. } => {
                vote(from, may_vote, message);
                self.owns(from, incarnation, *ballot, false);
            }
            Body::Promise {
                ballot,
                accepted,
                suffix,
                last,
                ..
            } => {
                vote(from, may_vote, message);
                self.promises(from, *ballot, (*accepted, *last));
                let first = Slot((last.0 + 1).saturating_sub(suffix.len() as u64));
                self.check_entries(from, first, suffix);
            }
            Body::Sync {
                ballot,
                from: slot,
                entries,
                ..
            }
            | Body::Accept {
                ballot,
                from: slot,
                entries,
                ..
            } => {
                vote(from, may_vote, message);
                self.owns(from, incarnation, *ballot, true);
                self.check_entries(from, *slot, entries);
            }
            Body::Learn {
                from: slot,
                entries,
                ..
            } => self.check_entries(from, *slot, entries),
            Body::Accepted { ballot, last, .. } | Body::HeartbeatAck { ballot, last, .. }
                if *last > Slot(0) =>
            {
                vote(from, may_vote, message);
                if let Body::Accepted { .. } = message.body {
                    self.accepts(from, *ballot, *last);
                }
            }
            Body::Heartbeat { ballot, .. } => self.owns(from, incarnation, *ballot, true),
            _ => {}
        }
    }

    /// A process of `node` knows itself to have promised `promised`.
    pub(crate) fn check_recovered(&self, node: Node, promised: Ballot) {
        let said = self
            .said
            .get(&node)
            .map_or(Ballot::default(), |said| said.promised);
        demand!(
            "promises",
            promised >= said,
            "{node} promised {said} and only knows of {promised}"
        );
    }

    fn owns(&mut self, from: Node, incarnation: u64, ballot: Ballot, leads: bool) {
        demand!("promises", ballot.node == from, "{from} uses {ballot}");
        let (first, led) = self.ballots.entry(ballot).or_insert((incarnation, leads));
        let first = *first;
        *led |= leads;
        demand!(
            "ballots",
            first == incarnation,
            "{from} uses {ballot} in its process {incarnation}, and did in process {first}"
        );
    }

    fn promises(&mut self, from: Node, ballot: Ballot, reported: (Ballot, Slot)) {
        let said = self.said.entry(from).or_default();
        demand!(
            "promises",
            ballot >= said.promised,
            "{from} promises {ballot} after it promised {}",
            said.promised
        );
        demand!(
            "promises",
            reported >= said.accepted,
            "{from} promises {ballot} with {reported:?} accepted, after it said {:?}",
            said.accepted
        );
        said.promised = ballot;
        said.reported = reported;
    }

    fn accepts(&mut self, from: Node, ballot: Ballot, last: Slot) {
        let said = self.said.entry(from).or_default();
        let repeats = ballot == said.reported.0 && last <= said.reported.1;
        demand!(
            "promises",
            ballot >= said.promised || repeats,
            "{from} accepts through {last} in {ballot} after it promised {}",
            said.promised
        );
        let (before, upto) = said.accepted;
        demand!(
            "promises",
            ballot != before || last >= upto,
            "{from} has accepted through {last} in {ballot}, after it said {upto}"
        );
        said.accepted = said.accepted.max((ballot, last));
        said.promised = said.promised.max(ballot);
    }

    fn check_entries(&mut self, from: Node, first: Slot, entries: &[Entry]) {
        for (slot, entry) in (first.0..).map(Slot).zip(entries) {
            let hash = self.hash(entry);
            let known = *self.entries.entry((slot, entry.ballot)).or_insert(hash);
            demand!(
                "ballots",
                known == hash,
                "{from} sends {entry:?} at {slot}, where {} had another entry",
                entry.ballot
            );
        }
    }

    fn hash(&mut self, entry: &Entry) -> u64 {
        let mut hasher = self.hasher.get_or_insert_default().build_hasher();
        match &entry.payload {
            Payload::Noop => 0u8.hash(&mut hasher),
            Payload::Command(command) => command.hash(&mut hasher),
            Payload::Configuration(configuration) => {
                configuration.id.0.hash(&mut hasher);
                configuration
                    .members
                    .keys()
                    .for_each(|node| node.0.hash(&mut hasher));
            }
        }
        hasher.finish()
    }
}

fn vote(from: Node, may_vote: bool, message: &Message) {
    demand!(
        "amnesia",
        may_vote,
        "{from} lost its promises and says {:?}",
        message.body
    );
}
