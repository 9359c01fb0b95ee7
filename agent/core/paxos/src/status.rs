//! What a replica tells about itself.

use crate::membership::CAUGHT_UP_SLOTS;
use crate::progress::Feed;
use crate::replica::Role;
use crate::{Ballot, Configuration, Node, Now, Replica, Slot, Standing};

/// What a replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleName {
    /// Follows a leader, or waits for one.
    Follower,
    /// Stands for election.
    Candidate,
    /// Leads.
    Leader,
    /// Receives the log without a vote.
    Learner,
    /// Waits for the other founders before it votes.
    Founder,
    /// Lost its promises and learns until the group has taken note.
    Amnesiac,
}

/// How far another member is, as the leader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberProgress {
    /// Durably accepted in the leader's ballot.
    pub matched: Slot,
    /// Known decided there.
    pub decided: Slot,
    /// True if it follows the log as it grows.
    pub synced: bool,
    /// When it was last heard of.
    pub heard: Now,
}

impl MemberProgress {
    /// Slots that it is behind a leader that knows all through `decided` to be decided.
    #[must_use]
    pub fn lag(&self, decided: Slot) -> u64 {
        decided.0.saturating_sub(self.matched.max(self.decided).0)
    }

    /// True if it follows the log, and closely.
    #[must_use]
    pub fn is_caught_up(&self, decided: Slot) -> bool {
        self.synced && self.lag(decided) <= CAUGHT_UP_SLOTS
    }
}

/// A replica's state for people and operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// What it is.
    pub role: RoleName,
    /// Who leads, as far as known.
    pub leader: Option<Node>,
    /// The ballot it promised.
    pub promised: Ballot,
    /// The ballot its log is accepted in.
    pub accepted: Ballot,
    /// The first slot held.
    pub first: Slot,
    /// The last slot known decided.
    pub decided: Slot,
    /// The last slot accepted.
    pub last: Slot,
    /// The latest decided configuration.
    pub configuration: Configuration,
    /// A later one that is proposed or about to be, and not known to be decided.
    pub undecided: Option<Configuration>,
    /// On the leader: the other members.
    pub members: Vec<(Node, MemberProgress)>,
}

impl Replica {
    /// True if this replica leads.
    #[must_use]
    pub const fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leading(_))
    }

    /// The ballot this replica leads in, once an entry of its own is decided: everything decided in former ballots is
    /// at or below [`Replica::decided`] from then on.
    #[must_use]
    pub fn leads_in(&self) -> Option<Ballot> {
        match &self.role {
            Role::Leading(leading) if leading.own_entry_decided(self.decided()) => {
                Some(leading.ballot)
            }
            _ => None,
        }
    }

    /// The ballot below which nothing is promised or accepted any more.
    #[must_use]
    pub const fn promised(&self) -> Ballot {
        self.acceptor.promised
    }

    /// Who leads, as far as known.
    #[must_use]
    pub const fn leader(&self) -> Option<Node> {
        match &self.role {
            Role::Leading(_) => Some(self.settings.node),
            Role::Following(following) => following.leader,
            _ => None,
        }
    }

    /// When the leader was last heard of; a leader hears itself while a quorum answers it.
    #[must_use]
    pub fn heard(&self) -> Option<Now> {
        match &self.role {
            Role::Leading(leading) => Some(leading.clock),
            Role::Following(following) => following.heard,
            _ => None,
        }
    }

    /// The whole state at a glance. Costs a copy of the configuration.
    #[must_use]
    pub fn status(&self) -> Status {
        let voter = self.configuration().is_voter(self.settings.node);
        let role = match (&self.role, &self.standing) {
            (_, Standing::Amnesiac { .. }) => RoleName::Amnesiac,
            (_, Standing::Founding) => RoleName::Founder,
            (Role::Leading(_), _) => RoleName::Leader,
            (Role::Canvassing(_) | Role::Preparing(_), _) => RoleName::Candidate,
            (Role::Following(_), _) if voter => RoleName::Follower,
            (Role::Following(_), _) => RoleName::Learner,
        };
        let members = match &self.role {
            Role::Leading(leading) => leading
                .progress
                .iter()
                .map(|(node, p)| {
                    let synced = p.feed == Feed::Synced;
                    (
                        *node,
                        MemberProgress {
                            matched: p.matched,
                            decided: p.decided,
                            synced,
                            heard: p.heard,
                        },
                    )
                })
                .collect(),
            _ => Vec::new(),
        };
        Status {
            role,
            leader: self.leader(),
            promised: self.acceptor.promised,
            accepted: self.acceptor.accepted,
            first: self.first(),
            decided: self.decided(),
            last: self.last(),
            configuration: self.decided_configuration().clone(),
            undecided: self.undecided_configuration().cloned(),
            members,
        }
    }

    /// A configuration that is proposed or about to be, and not known to be decided.
    #[must_use]
    pub fn undecided_configuration(&self) -> Option<&Configuration> {
        let pending = match &self.role {
            Role::Leading(leading) => leading
                .pending
                .as_ref()
                .map(|pending| &pending.configuration),
            _ => None,
        };
        let undecided = self.log().latest_slot() > self.decided();
        pending.or_else(|| undecided.then(|| self.configuration()))
    }

    /// Whether this replica still has all that it ever promised.
    #[must_use]
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }
}
