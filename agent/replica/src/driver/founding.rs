//! How a founder comes to vote. Nobody can tell a founder's first disk from a later, emptied one but the other founders; so
//! each has every other one take note of its disk before its first vote.
//!
//! Invariants:
//! 1. A founder votes only after every other founder has durably noted its disk.
//! 2. A founder that votes notes no disk that it had not noted before; one that ever lost its promises vouches for none.
//! 3. So whoever voted together with a disk of another founder never vouches for a later disk of that founder, as long as
//!    its own is kept. For a later disk to vote, those of all with whom the first one ever voted must be lost as well, before
//!    any of them was taken in again: of a ballot that was ever led these are a quorum.
//! 4. A founder begins to vote only when every other one has told that its own disk is noted by all, or when the group is
//!    known to have begun. So nobody is left that the voting ones would not take note of any more, and more disks than a
//!    minority may be lost before the first vote; and from then on each needs but the word of one that
//!    votes, whichever that is, so a founder that dies for good once a second one votes keeps none of the others from it.
//! 5. A founder that lost its promises and was not taken in again is waited for no more: of whoever voted with it, it is one
//!    that is lost, so by 3. only the others have to vouch. Whether the group has begun it cannot tell, and nobody may take its
//!    loss for that: those that it had not noted would give way to a group that never began.
//!
//! A founder whose disk nobody vouches for has lost its promises like any other member that did: it is demoted, learns and is
//! promoted. The price is that a group begins only when all its founders have met.

use std::collections::BTreeMap;

use synod_paxos::{Node, Now, Standing};

use super::Driver;
use crate::identity::DiskStanding;
use crate::mutation::mutated;
use crate::wire::{Founder, FounderStage, Peer};
use crate::{Disk, Net, StateMachine};

/// What is known of the other founders, until all vote.
#[derive(Debug, Default)]
pub(super) struct Founding {
    heard: BTreeMap<Node, Heard>,
    /// Somebody will never vouch for this disk.
    refused: bool,
    /// Somebody votes.
    begun: bool,
    /// The identity was changed and is not being written yet.
    unwritten: bool,
    /// When the others are told next how far this one is.
    pub(super) ask_at: Now,
}

/// What another founder has told.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    /// It noted this disk.
    vouches: bool,
    /// All have noted its own, or it will never be noted.
    noted: bool,
}

impl<S: StateMachine, D: Disk, N: Net> Driver<S, D, N> {
    /// True from the beginning until this founder votes or is known to have lost its promises.
    fn is_founding(&self) -> bool {
        matches!(
            self.identity.standing,
            DiskStanding::Founding | DiskStanding::Noted
        )
    }

    /// The other founders.
    fn fellows(&self) -> impl Iterator<Item = Node> + '_ {
        let members = self.identity.initial.iter().flat_map(|c| c.members.keys());
        members.copied().filter(|node| *node != self.settings.node)
    }

    fn all_heard(&self, holds: impl Fn(&Heard) -> bool) -> bool {
        self.fellows()
            .all(|node| self.founding.heard.get(&node).is_some_and(&holds))
    }

    /// True if what the identity says is on the disk.
    fn is_written(&self) -> bool {
        !self.founding.unwritten && !self.identity_script.is_busy()
    }

    /// The founders that this one waits for before it votes.
    pub(super) fn awaited_founders(&self) -> Vec<Node> {
        let waits_for = |heard: Heard| match self.identity.standing {
            DiskStanding::Founding => !heard.vouches,
            DiskStanding::Noted => !heard.noted,
            _ => false,
        };
        let heard = |node: &Node| self.founding.heard.get(node).copied().unwrap_or_default();
        self.fellows()
            .filter(|node| waits_for(heard(node)))
            .collect()
    }

    pub(super) fn on_founder(&mut self, now: Now, from: Node, said: Founder) {
        if !self.is_founding() {
            return self.vouch(from, said);
        }
        if !self.fellows().any(|fellow| fellow == from) {
            return;
        }
        let vouches = said.noted == self.identity.disk_id;
        let heard = self.founding.heard.entry(from).or_default();
        heard.vouches |= vouches;
        heard.noted = said.stage != FounderStage::New;
        if said.stage == FounderStage::Lost {
            return;
        }
        let known = self.identity.founders.insert(from, said.disk_id);
        self.founding.unwritten |= known != Some(said.disk_id);
        self.founding.begun |= said.stage >= FounderStage::Voting;
        self.founding.refused |= said.stage >= FounderStage::Voting && !vouches;
        if said.stage == FounderStage::New && known != Some(said.disk_id) {
            self.founding.ask_at = now;
        }
    }

    /// Answers a founder that does not vote yet.
    fn vouch(&mut self, from: Node, said: Founder) {
        if said.stage >= FounderStage::Lost || !self.is_written() {
            return;
        }
        let lost = (self.running.as_ref())
            .is_some_and(|running| matches!(running.core.standing(), Standing::Amnesiac { .. }))
            && self.identity.standing == DiskStanding::Amnesiac;
        let founder = self.identity.initial.is_some();
        if mutated("replica-voting-founder-notes-anew") && founder {
            let known = self.identity.founders.insert(from, said.disk_id);
            self.founding.unwritten = known != Some(said.disk_id);
            if self.founding.unwritten {
                return;
            }
        }
        let noted = self.identity.founders.get(&from).copied();
        let (noted, stage) = if founder {
            (noted.unwrap_or(0), FounderStage::Voting)
        } else if lost && !mutated("replica-lost-founder-ends-the-beginning") {
            (said.disk_id, FounderStage::Lost)
        } else if mutated("replica-late-founder-vouches") {
            (said.disk_id, FounderStage::Voting)
        } else {
            (0, FounderStage::Late)
        };
        self.send_founder(from, noted, stage);
    }

    fn send_founder(&mut self, to: Node, noted: u128, stage: FounderStage) {
        let disk_id = self.identity.disk_id;
        self.send_peer(
            to,
            Peer::Founder(Founder {
                disk_id,
                noted,
                stage,
            }),
        );
    }

    /// Somebody acts under a configuration that was decided after the first.
    pub(super) fn hear_of_later_configuration(&mut self) {
        if self.is_founding() {
            self.founding.begun = true;
            self.founding.refused = true;
        }
    }

    /// Takes the next step to the first vote, or tells the others how far this founder is.
    pub(super) fn drive_founding(&mut self, now: Now) {
        let waits = self
            .running
            .as_ref()
            .is_some_and(|running| *running.core.standing() == Standing::Founding);
        if !(waits || self.founding.unwritten) || self.identity_script.is_busy() {
            return;
        }
        self.take_step(now);
        if std::mem::take(&mut self.founding.unwritten) {
            return self.rewrite_identity();
        }
        self.begin_voting(now);
        if self.is_founding() && self.founding.ask_at <= now {
            self.founding.ask_at = now + self.settings.timing.heartbeat;
            self.tell_fellows();
        }
    }

    /// What was heard changes the identity; it counts once it is written.
    fn take_step(&mut self, now: Now) {
        let before = self.identity.standing;
        if self.identity.standing == DiskStanding::Founding {
            if self.all_heard(|heard| heard.vouches) {
                self.identity.standing = DiskStanding::Noted;
            } else if self.founding.refused {
                self.identity.standing = DiskStanding::Amnesiac;
                self.identity.initial = None;
                self.identity.founders.clear();
            }
        }
        let begun = self.founding.begun
            || self.all_heard(|heard| heard.noted)
            || mutated("replica-founder-votes-before-all-are-noted");
        if self.identity.standing == DiskStanding::Noted && begun {
            self.identity.standing = DiskStanding::Whole;
        }
        if self.identity.standing != before {
            self.founding.unwritten = true;
            self.founding.ask_at = now;
        }
    }

    /// The core is told what is written.
    fn begin_voting(&mut self, now: Now) {
        let context = self.context();
        let Some(running) = &mut self.running else {
            return;
        };
        if *running.core.standing() != Standing::Founding {
            return;
        }
        match self.identity.standing {
            DiskStanding::Whole => running.core.found(now),
            DiskStanding::Amnesiac => running.core.give_way(context),
            _ => {}
        }
    }

    fn tell_fellows(&mut self) {
        let stage = match self.identity.standing {
            DiskStanding::Founding => FounderStage::New,
            _ => FounderStage::Noted,
        };
        let fellows: Vec<Node> = self.fellows().collect();
        for fellow in fellows {
            let noted = self.identity.founders.get(&fellow).copied();
            self.send_founder(fellow, noted.unwrap_or(0), stage);
        }
    }

    /// When [`Driver::drive_founding`] has something to do.
    pub(super) fn founding_deadline(&self) -> Option<Now> {
        let asks = self.is_founding() && !self.identity_script.is_busy();
        asks.then_some(self.founding.ask_at)
    }
}
