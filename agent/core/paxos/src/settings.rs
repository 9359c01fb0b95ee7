//! What a replica is told at its start.

use crate::{Ballot, Configuration, Node, Slot, Span};

/// Identity, seed, times and bounds of a replica.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This member's number.
    pub node: Node,
    /// Seed of the randomised time-outs: the only randomness there is.
    pub seed: u64,
    /// Times.
    pub timing: Timing,
    /// Bounds.
    pub bounds: Bounds,
}

/// Times of the protocol.
#[derive(Clone, Debug)]
pub struct Timing {
    /// How often a leader is heard of.
    pub heartbeat: Span,
    /// How long a leader may be silent before others stand; each draws once to twice this.
    pub election: Span,
    /// How long a decision may wait for an `Accept` to ride on, before members that no client uses are told by a message of
    /// its own; and how long whoever a quorum can do without is spared, if nothing is decided before. 0: nothing waits, nobody
    /// is spared.
    pub decide_delay: Span,
    /// Leader leases, for reads that need no round to a quorum. `None`: every read asks a quorum.
    pub lease: Option<Lease>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: Span::from_millis(100),
            election: Span::from_millis(1000),
            decide_delay: Span(0),
            lease: None,
        }
    }
}

/// A leader lease: a quorum promises to promise nobody else for a while.
///
/// Safe while no two clocks of the group differ in *rate* by more than `drift_ppm`; offsets do not matter.
#[derive(Clone, Copy, Debug)]
pub struct Lease {
    /// The granter's promise, from receipt, by its own clock. Shorter than the election time-out.
    pub length: Span,
    /// The greatest difference in rate between two clocks, in parts per million.
    pub drift_ppm: u32,
}

/// Bounds of a replica's memory and messages.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// Bytes of entries in one `Accept` or `Learn`. A single larger entry goes alone.
    pub message_bytes_max: usize,
    /// Bytes proposed and not decided; at the bound `propose` answers `Full`.
    pub inflight_bytes_max: usize,
    /// Slots proposed and not decided; at the bound `propose` answers `Full`.
    pub inflight_slots_max: u64,
    /// Reads waiting for confirmation; at the bound `read` answers `Full`.
    pub reads_max: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            message_bytes_max: 1 << 20,
            inflight_bytes_max: 8 << 20,
            inflight_slots_max: 8192,
            reads_max: 65_536,
        }
    }
}

/// Where a log begins: what a snapshot stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Everything through this slot is in the snapshot.
    pub slot: Slot,
    /// The proposing ballot of the entry at `slot`, the highest of all entries up to there.
    pub ballot: Ballot,
    /// In force after `slot`. Without members if nothing is known (a joiner, or a fresh member).
    pub configuration: Configuration,
}
