//! Phase 2 as an acceptor sees it: sync, accept, learn, heartbeat.

use crate::acceptor::slots;
use crate::mutation::mutated;
use crate::replica::Role;
use crate::{Ballot, Body, Entry, Node, Now, Record, Replica, Slot, Span};

impl Replica {
    /// Refuses what must not be accepted in `ballot`; hears the leader otherwise.
    fn admits(&mut self, now: Now, from: Node, ballot: Ballot) -> bool {
        if !self.can_vote() {
            self.hear_leader(now, ballot);
            self.tell_amnesia(from);
            return false;
        }
        if ballot < self.acceptor.promised || ballot.node != from {
            self.reject(from, ballot);
            return false;
        }
        if matches!(&self.role, Role::Leading(leading) if leading.ballot == ballot) {
            return false;
        }
        self.hear_leader(now, ballot);
        true
    }

    fn reject(&mut self, to: Node, ballot: Ballot) {
        let (promised, decided) = (self.acceptor.promised, self.decided());
        self.send_now(
            to,
            Body::Reject {
                ballot,
                promised,
                decided,
            },
        );
    }

    /// Notes that an `Accepted` is owed; one per `Ready`, with what the log holds by then.
    fn owe(&mut self, to: Node, ballot: Ballot, gap: bool) {
        let gap = gap
            || matches!(self.out.acknowledge, Some((node, of, true)) if node == to && of == ballot);
        self.out.acknowledge = Some((to, ballot, gap));
    }

    /// After a snapshot was installed the leader, if there is one, is told how far this replica is.
    pub(crate) fn owe_decided(&mut self) {
        let ballot = self.acceptor.promised;
        if let Role::Following(following) = &self.role
            && following.leader == Some(ballot.node)
            && ballot.node != self.node()
        {
            self.owe(ballot.node, ballot, false);
        }
    }

    /// Turns what is owed into a message. Phase 2b.
    pub(crate) fn acknowledge(&mut self) {
        let Some((to, ballot, gap)) = self.out.acknowledge.take() else {
            return;
        };
        if !self.can_vote() {
            return self.tell_amnesia(to);
        }
        let synced = self.acceptor.accepted == ballot;
        let (last, decided) = (if synced { self.last() } else { Slot(0) }, self.decided());
        self.send_after_persist(
            to,
            Body::Accepted {
                ballot,
                last,
                decided,
                gap: gap || !synced,
                attended: self.attended,
            },
        );
    }

    pub(crate) fn on_sync(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        slot: Slot,
        entries: Vec<Entry>,
        decided: Slot,
    ) {
        if !self.admits(now, from, ballot) {
            return;
        }
        if self.acceptor.accepted == ballot && !mutated("paxos-duplicate-sync-truncates") {
            return self.accept(from, ballot, slot, entries, decided);
        }
        if slot > self.decided().next() {
            return self.owe(from, ballot, true);
        }
        for (slot, entry) in slots(slot, &entries).take_while(|(slot, _)| *slot <= self.decided()) {
            let known = self.log().ballot_at(slot);
            assert!(
                slot <= self.base().slot || known == Some(entry.ballot),
                "{slot} is decided with {known:?}, and {from} syncs it with {}",
                entry.ballot
            );
        }
        let known = usize::try_from(self.decided().next().0 - slot.0).unwrap_or(usize::MAX);
        let entries = entries.into_iter().skip(known).collect();
        self.record(Record::Sync {
            ballot,
            from: self.decided().next(),
            entries,
            decided,
        });
        self.owe(from, ballot, false);
    }

    pub(crate) fn on_accept(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        slot: Slot,
        entries: Vec<Entry>,
        decided: Slot,
    ) {
        if !self.admits(now, from, ballot) {
            return;
        }
        if self.acceptor.accepted != ballot {
            return self.owe(from, ballot, true);
        }
        self.accept(from, ballot, slot, entries, decided);
    }

    /// Appends what follows the log, in a ballot the log is accepted in.
    fn accept(
        &mut self,
        from: Node,
        ballot: Ballot,
        slot: Slot,
        entries: Vec<Entry>,
        decided: Slot,
    ) {
        if entries.is_empty() {
            return self.acceptor.decide(decided);
        }
        if slot > self.last().next() && !mutated("paxos-accept-gap") {
            return self.owe(from, ballot, true);
        }
        let known =
            usize::try_from(self.last().next().0.saturating_sub(slot.0)).unwrap_or(usize::MAX);
        let fresh: Vec<Entry> = entries.into_iter().skip(known).collect();
        if fresh.is_empty() {
            self.acceptor.decide(decided);
        } else {
            self.record(Record::Append {
                ballot,
                from: self.last().next(),
                entries: fresh,
                decided,
            });
        }
        self.owe(from, ballot, false);
    }

    pub(crate) fn on_learn(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        slot: Slot,
        entries: Vec<Entry>,
        _decided: Slot,
    ) {
        let led = ballot >= self.acceptor.promised && ballot.node == from;
        if led && !matches!(self.role, Role::Preparing(_) | Role::Leading(_)) {
            self.hear_leader(now, ballot);
        }
        if slot <= self.decided().next() {
            let known = usize::try_from(self.decided().next().0 - slot.0).unwrap_or(usize::MAX);
            let fresh: Vec<Entry> = entries.into_iter().skip(known).collect();
            if !fresh.is_empty() {
                let slot = self.decided().next();
                self.record(Record::Learn {
                    from: slot,
                    entries: fresh,
                });
            }
        }
        if ballot.node == from {
            // What is chosen is taken from anybody; said to be accepted it is to a leader that may still lead only.
            if ballot < self.acceptor.promised && self.can_vote() {
                self.reject(from, ballot);
            } else {
                self.owe(from, ballot, false);
            }
        }
        self.try_lead(now);
    }

    pub(crate) fn on_heartbeat(
        &mut self,
        now: Now,
        from: Node,
        ballot: Ballot,
        decided: Slot,
        round: u64,
        lease: Span,
    ) {
        if !self.admits(now, from, ballot) || ballot != self.acceptor.promised {
            return;
        }
        if self.acceptor.accepted == ballot {
            self.acceptor.decide(decided);
        }
        let leased = lease > Span(0);
        if leased {
            self.bound_until = self.bound_until.max(now + lease);
            self.bound_to = Some(ballot);
        }
        let (last, decided) = (self.durable_in(ballot), self.durable.decided);
        self.send_now(
            from,
            Body::HeartbeatAck {
                ballot,
                round,
                last,
                decided,
                leased,
            },
        );
    }
}
