//! The words of the protocol: slots, ballots, nodes, entries, configurations, and time as it is handed in.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;

/// A point of the caller's monotonic clock, in nanoseconds since an arbitrary origin of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Now(pub u64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub u64);

impl Span {
    /// A span of `ms` milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }
}

impl std::ops::Add<Span> for Now {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl std::ops::Sub for Now {
    type Output = Span;
    /// The time from `earlier` to `self`, zero if `earlier` is later.
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

/// The number of a member within its group. Numbers never recur: a replacement gets a new one. Zero is nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u64);

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.0)
    }
}

/// A position in the log. The first entry has slot 1; slot 0 stands before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    /// The slot after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

/// A ballot: unique because the node that makes it is part of it, ordered by round, then node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ballot {
    /// Grows with every attempt to lead.
    pub round: u64,
    /// The node that leads, or tries to lead, in this ballot.
    pub node: Node,
}

impl fmt::Display for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}.{}", self.round, self.node.0)
    }
}

/// The number of configurations decided or accepted before: the bootstrap configuration has id 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigId(pub u64);

impl ConfigId {
    /// The configuration that a group is founded with.
    pub const FIRST: Self = Self(1);
}

/// How a member takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberRole {
    /// Promises, accepts and is counted.
    Voter,
    /// Receives the log and is not counted; the leader promotes it to voter once it has caught up.
    Joining,
    /// Receives the log, is not counted, is never promoted by itself: a read replica.
    Learner,
}

/// One member of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// How it takes part.
    pub role: MemberRole,
    /// Opaque to Paxos: what the layer above keeps about a member (name, addresses, the identity of its disk),
    /// encoded by that layer. At most 4 KiB.
    pub context: Bytes,
}

/// How many voters are a quorum for phase 1 and for phase 2.
///
/// Invariant: `prepare + accept > voters` (Howard, Malkhi, Spiegelman, "Flexible Paxos", 2016).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quorums {
    /// More than half for both phases.
    #[default]
    Majority,
    /// Stated sizes, in voters.
    Flexible {
        /// Promises that complete phase 1.
        prepare: u32,
        /// Acceptances that choose an entry.
        accept: u32,
    },
}

/// Who takes part from the slot after the entry that carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Grows by one with each configuration.
    pub id: ConfigId,
    /// Members by number, in order.
    pub members: BTreeMap<Node, Member>,
    /// Quorum sizes.
    pub quorums: Quorums,
    /// The highest number any member ever had: numbers never recur.
    pub highest: Node,
}

impl Configuration {
    /// The configuration that a group is founded with: id 1.
    #[must_use]
    pub fn initial(members: BTreeMap<Node, Member>) -> Self {
        let highest = members.keys().next_back().copied().unwrap_or_default();
        Self {
            id: ConfigId::FIRST,
            members,
            quorums: Quorums::Majority,
            highest,
        }
    }

    /// The voters, in order.
    pub fn voters(&self) -> impl Iterator<Item = Node> + '_ {
        self.members
            .iter()
            .filter(|(_, member)| member.role == MemberRole::Voter)
            .map(|(node, _)| *node)
    }

    /// True if `node` is a voter.
    #[must_use]
    pub fn is_voter(&self, node: Node) -> bool {
        self.members
            .get(&node)
            .is_some_and(|member| member.role == MemberRole::Voter)
    }

    /// Promises that complete phase 1.
    #[must_use]
    pub fn prepare_quorum(&self) -> usize {
        match self.quorums {
            Quorums::Majority => self.voters().count() / 2 + 1,
            Quorums::Flexible { prepare, .. } => prepare as usize,
        }
    }

    /// Acceptances that choose an entry.
    #[must_use]
    pub fn accept_quorum(&self) -> usize {
        match self.quorums {
            Quorums::Majority => self.voters().count() / 2 + 1,
            Quorums::Flexible { accept, .. } => accept as usize,
        }
    }

    /// True if every phase-1 quorum meets every phase-2 quorum and both can be met.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let voters = self.voters().count();
        let (prepare, accept) = (self.prepare_quorum(), self.accept_quorum());
        voters > 0
            && prepare <= voters
            && accept <= voters
            && accept > 0
            && prepare + accept > voters
    }
}

/// One step from a configuration to the next. Anything else is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Adds a member that is no voter yet (`role` is `Joining` or `Learner`).
    Add {
        /// The new member's number, never used before in this group.
        node: Node,
        /// What it is.
        member: Member,
    },
    /// Makes a member that has caught up a voter.
    Promote {
        /// A `Joining` or `Learner` member.
        node: Node,
    },
    /// Makes a voter that lost its promises a `Joining` member, which is promoted again when it has caught up.
    Demote {
        /// A voter.
        node: Node,
        /// Its context from now on (the identity of its new disk, for one).
        context: Bytes,
    },
    /// Removes a member.
    Remove {
        /// A member; the last voter cannot be removed.
        node: Node,
    },
    /// Removes the voter `out` and makes the caught-up member `into` a voter, in one step.
    Swap {
        /// A voter.
        out: Node,
        /// A `Joining` or `Learner` member that has caught up.
        into: Node,
    },
    /// Replaces a member's context.
    Update {
        /// A member.
        node: Node,
        /// Its context from now on.
        context: Bytes,
    },
}

/// What an entry carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: the first entry of a leader in its own ballot.
    Noop,
    /// A command of the layer above, opaque here.
    Command(Bytes),
    /// The configuration that holds from the next slot on.
    Configuration(Configuration),
}

/// One entry of the log.
///
/// Invariant: two entries with equal slot and equal `ballot` are equal; `ballot` is the one in which the entry was
/// *first* proposed and stays when a later leader proposes the entry again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The ballot in which this entry was first proposed.
    pub ballot: Ballot,
    /// What it carries.
    pub payload: Payload,
}

impl Entry {
    /// Bytes this entry counts for in bounds: its payload and a fixed overhead.
    #[must_use]
    pub fn weight(&self) -> usize {
        const OVERHEAD: usize = 48;
        OVERHEAD
            + match &self.payload {
                Payload::Noop => 0,
                Payload::Command(command) => command.len(),
                Payload::Configuration(configuration) => configuration
                    .members
                    .values()
                    .map(|m| 16 + m.context.len())
                    .sum(),
            }
    }
}
