//! Membership: one step at a time, decided in the log, in force after the pipeline is drained; and handing over.

use crate::leader::Transfer;
use crate::mutation::mutated;
use crate::progress::Feed;
use crate::replica::Role;
use crate::{Body, Change, ConfigId, Configuration, MemberRole, Node, Now, Payload, Replica, Slot};

/// Why a change was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// This replica does not lead.
    NotLeader,
    /// The configuration is another one than the caller acted on.
    Conflict {
        /// The one that holds.
        current: ConfigId,
    },
    /// Another change is under way, leadership is being handed over, or the leader has not decided an entry yet.
    Busy,
    /// There is no such member.
    UnknownMember,
    /// The number is or was in use.
    NumberTaken,
    /// The member has not caught up.
    NotCaughtUp,
    /// The step is not allowed; the words say why.
    NotAllowed(&'static str),
}

/// Why leadership is not handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferError {
    /// This replica does not lead.
    NotLeader,
    /// The target is no voter, or the leader itself.
    NoSuchVoter,
    /// No voter follows closely enough.
    NotCaughtUp,
    /// A handover is under way.
    Busy,
}

/// A change that waits for the pipeline to drain, and for signs of life.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) configuration: Configuration,
    /// The heartbeat round, begun once the pipeline was drained, that a quorum of `configuration` must answer. A voter
    /// that was heard of just before it lost its disk must not be counted on, since a configuration that was proposed and
    /// can be neither decided nor ruled out stops the group.
    round: Option<u64>,
    /// Dropped then.
    until: Now,
}

/// How far behind the leader a member may be and count as caught up.
pub(crate) const CAUGHT_UP_SLOTS: u64 = 1024;

impl Replica {
    /// Proposes one step of membership. `expected` is the configuration the caller acted on (compare and set).
    ///
    /// Returns the slot at which the new configuration will stand, and its id. It is in force once that slot is decided.
    ///
    /// # Errors
    /// As [`ChangeError`] says.
    pub fn change(
        &mut self,
        now: Now,
        expected: Option<ConfigId>,
        change: Change,
    ) -> Result<(Slot, ConfigId), ChangeError> {
        let (decided, latest_slot, current) = (
            self.decided(),
            self.log().latest_slot(),
            self.configuration().id,
        );
        let slot = self.last().next();
        let Role::Leading(leading) = &self.role else {
            return Err(ChangeError::NotLeader);
        };
        if expected.is_some_and(|expected| expected != current) {
            return Err(ChangeError::Conflict { current });
        }
        let busy = leading.pending.is_some() || leading.transfer.is_some() || latest_slot > decided;
        if busy || !leading.own_entry_decided(decided) {
            return Err(ChangeError::Busy);
        }
        self.check_caught_up(&change)?;
        let configuration = next_configuration(self.configuration(), change)?;
        if !self.is_live_quorum(&configuration, now) && !mutated("paxos-remove-below-quorum") {
            return Err(ChangeError::NotAllowed(
                "the voters that would remain are no live quorum",
            ));
        }
        let (id, until) = (configuration.id, now + self.settings.timing.election);
        if let Some(leading) = self.leading() {
            leading.clock = leading.clock.max(now);
            leading.lease_revoked = true;
            leading.pending = Some(Pending {
                configuration,
                round: None,
                until,
            });
        }
        Ok((slot, id))
    }

    fn check_caught_up(&self, change: &Change) -> Result<(), ChangeError> {
        let (Change::Promote { node } | Change::Swap { into: node, .. }) = change else {
            return Ok(());
        };
        let Role::Leading(leading) = &self.role else {
            return Err(ChangeError::NotLeader);
        };
        let progress = leading
            .progress
            .get(node)
            .ok_or(ChangeError::UnknownMember)?;
        if progress.is_caught_up(self.last(), CAUGHT_UP_SLOTS) {
            Ok(())
        } else {
            Err(ChangeError::NotCaughtUp)
        }
    }

    /// True if a quorum of the waiting configuration has answered since it was asked for.
    fn is_pending_confirmed(&self) -> bool {
        let Role::Leading(leading) = &self.role else {
            return false;
        };
        let Some(pending) = &leading.pending else {
            return false;
        };
        let answered = self.quorum_in(&pending.configuration, leading.round, |p| p.round);
        pending.round.is_some_and(|round| answered >= round) || mutated("paxos-remove-below-quorum")
    }

    /// Gives up a change whose voters do not answer. Something else is put where it was to stand, so that whoever waits
    /// for it is told.
    pub(crate) fn drop_pending(&mut self, now: Now) {
        let Some(leading) = self.leading() else {
            return;
        };
        if leading
            .pending
            .take_if(|pending| now >= pending.until)
            .is_some()
        {
            leading.lease_revoked = leading.transferred;
            leading.lease_until = Now(0);
            self.push(Payload::Noop);
        }
    }

    /// The pipeline is drained: asks the voters of the waiting configuration whether they are there; once enough of them
    /// are, it becomes an entry.
    pub(crate) fn propose_pending(&mut self) {
        let Some(leading) = self.leading() else {
            return;
        };
        let next_round = leading.round + 1;
        let unasked = |pending: &&mut Pending| pending.round.is_none();
        if let Some(pending) = leading.pending.as_mut().filter(unasked) {
            pending.round = Some(next_round);
            self.begin_round();
        }
        if !self.is_pending_confirmed() {
            return;
        }
        let Some(pending) = self.leading().and_then(|leading| leading.pending.take()) else {
            return;
        };
        self.push(Payload::Configuration(pending.configuration));
        if let Some(now) = self.leading().map(|leading| leading.clock) {
            self.meet_members(now);
            self.prepare_silent();
        }
    }

    /// Makes the first `Joining` member that has caught up a voter.
    pub(crate) fn promote_caught_up(&mut self) {
        let last = self.last();
        let Role::Leading(leading) = &self.role else {
            return;
        };
        if leading.transfer.is_some() {
            return;
        }
        let now = leading.clock;
        let joining = self
            .configuration()
            .members
            .iter()
            .filter(|(_, member)| member.role == MemberRole::Joining);
        let ready = joining.map(|(node, _)| *node).find(|node| {
            leading
                .progress
                .get(node)
                .is_some_and(|progress| progress.is_caught_up(last, CAUGHT_UP_SLOTS))
        });
        if let Some(node) = ready {
            // Refused while the leader has decided nothing of its own: it comes again.
            let _ = self.change(now, None, Change::Promote { node });
        }
    }

    /// Hands leadership over, to the voter that follows most closely if `to` is not named. Refuses proposals until the
    /// target leads or an election time-out has passed.
    ///
    /// # Errors
    /// As [`TransferError`] says.
    pub fn transfer(&mut self, now: Now, to: Option<Node>) -> Result<Node, TransferError> {
        let (last, node, election) = (self.last(), self.node(), self.settings.timing.election);
        let configuration = self.decided_configuration().clone();
        let busy = self.log().latest_slot() > self.decided();
        let leading = self.leading().ok_or(TransferError::NotLeader)?;
        if busy || leading.transfer.is_some() || leading.pending.is_some() {
            return Err(TransferError::Busy);
        }
        if to.is_some_and(|to| to == node || !configuration.is_voter(to)) {
            return Err(TransferError::NoSuchVoter);
        }
        let follows = leading.progress.iter().filter(|(member, progress)| {
            configuration.is_voter(**member)
                && progress.is_caught_up(last, CAUGHT_UP_SLOTS)
                && progress.is_live(now, election)
                && to.is_none_or(|to| to == **member)
        });
        let best = follows
            .max_by_key(|(_, progress)| progress.matched)
            .map(|(member, _)| *member);
        let to = best.ok_or(TransferError::NotCaughtUp)?;
        leading.clock = leading.clock.max(now);
        leading.lease_revoked = true;
        leading.transferred = true;
        leading.transfer = Some(Transfer {
            to,
            until: now + election,
            told: false,
        });
        Ok(to)
    }

    /// Tells the target of a transfer, once it holds the whole log.
    pub(crate) fn hand_over(&mut self) {
        let last = self.last();
        let Some(leading) = self.leading() else {
            return;
        };
        let ballot = leading.ballot;
        let Some(transfer) = &mut leading.transfer else {
            return;
        };
        let to = transfer.to;
        let caught_up = leading
            .progress
            .get(&to)
            .is_some_and(|p| p.feed == Feed::Synced && p.matched == last);
        if caught_up && !transfer.told {
            transfer.told = true;
            self.send_now(to, Body::TakeOver { ballot });
        }
    }

    /// Gives leadership up at once, to the closest follower if there is one, and does not stand again for a while.
    pub fn step_down(&mut self, now: Now) {
        let last = self.last();
        let configuration = self.decided_configuration().clone();
        let Some(leading) = self.leading() else {
            return;
        };
        let ballot = leading.ballot;
        let voters = leading
            .progress
            .iter()
            .filter(|(node, p)| configuration.is_voter(**node) && p.is_caught_up(last, 0));
        let heir = voters.map(|(node, _)| *node).next();
        if let Some(heir) = heir {
            self.send_now(heir, Body::TakeOver { ballot });
        }
        self.follow(now, None);
        self.stand_at =
            self.stand_at + self.settings.timing.election + self.settings.timing.election;
    }
}

/// The configuration after `change`, or why there is none.
fn next_configuration(
    current: &Configuration,
    change: Change,
) -> Result<Configuration, ChangeError> {
    let mut next = current.clone();
    next.id = ConfigId(current.id.0 + 1);
    match change {
        Change::Add { node, member } => {
            if node <= current.highest {
                return Err(ChangeError::NumberTaken);
            }
            if member.role == MemberRole::Voter {
                return Err(ChangeError::NotAllowed(
                    "a new member is no voter before it has caught up",
                ));
            }
            next.highest = node;
            next.members.insert(node, member);
        }
        Change::Promote { node } => promote(&mut next, node)?,
        Change::Demote { node, context } => {
            let member = next
                .members
                .get_mut(&node)
                .ok_or(ChangeError::UnknownMember)?;
            if member.role != MemberRole::Voter {
                return Err(ChangeError::NotAllowed("only a voter is demoted"));
            }
            member.role = MemberRole::Joining;
            member.context = context;
        }
        Change::Remove { node } => {
            next.members
                .remove(&node)
                .ok_or(ChangeError::UnknownMember)?;
        }
        Change::Swap { out, into } => {
            if !current.is_voter(out) {
                return Err(ChangeError::NotAllowed("only a voter is swapped out"));
            }
            next.members.remove(&out);
            promote(&mut next, into)?;
        }
        Change::Update { node, context } => {
            next.members
                .get_mut(&node)
                .ok_or(ChangeError::UnknownMember)?
                .context = context;
        }
    }
    if next.is_sound() {
        Ok(next)
    } else {
        Err(ChangeError::NotAllowed(
            "no quorum could be met: the last voter stays, and quorums must fit",
        ))
    }
}

fn promote(next: &mut Configuration, node: Node) -> Result<(), ChangeError> {
    let member = next
        .members
        .get_mut(&node)
        .ok_or(ChangeError::UnknownMember)?;
    if member.role == MemberRole::Voter {
        return Err(ChangeError::NotAllowed("the member is a voter already"));
    }
    member.role = MemberRole::Voter;
    Ok(())
}
