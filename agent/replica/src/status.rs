//! What a driver tells about itself: to the admin API, to metrics, to the operator.

use synod_paxos::{Ballot, ConfigId, Node, RoleName, Slot, Status};

use crate::ClusterUid;

/// Where a driver is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The disk is being made ready; the member takes no part yet.
    Opening,
    /// What the disk of a survivor has is being made the beginning of a new group; the member takes no part yet.
    Recovering,
    /// The member takes part.
    Running,
    /// The member takes no part, for the stated reason, until it is restarted.
    Quarantined(Quarantine),
}

/// Why a member takes no part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quarantine {
    /// A write or sync failed: what the disk holds is unknown. Replace the disk, or restart if the cause is gone.
    DiskFailed(String),
    /// The disk is damaged and no other member could give the data back. Restore a backup, or remove the data
    /// directory to begin anew.
    Damaged(String),
    /// A decided command is unknown to this build: run a newer one.
    UnknownCommand(String),
    /// This member's state differs from its leader's at a slot: a fault of memory or of this program. At the next
    /// start the member forgets its state and fetches it from its peers.
    Deviates {
        /// Where it was noticed.
        slot: Slot,
    },
}

impl std::fmt::Display for Quarantine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::DiskFailed(why) => write!(
                f,
                "a disk operation failed, so this member stopped voting: {why}; check the volume, then restart the member"
            ),
            Self::Damaged(what) => write!(
                f,
                "the data is damaged and this is the only voter: {what}; restore a backup, or remove the data directory to begin anew"
            ),
            Self::UnknownCommand(what) => write!(
                f,
                "a decided command is unknown to this build: {what}; run a newer agent"
            ),
            Self::Deviates { slot } => write!(
                f,
                "this member's state deviates from its leader's at {slot}; restart it to fetch the state from its peers"
            ),
        }
    }
}

/// How the disk does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskState {
    /// It writes.
    #[default]
    Fine,
    /// No space is left: nothing is accepted until there is.
    Full,
    /// A group commit takes longer than `slow_disk`.
    Slow,
}

/// Counts since the start of the process, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames that did not decode.
    pub frames_malformed: u64,
    /// Frames of another cluster UID.
    pub frames_foreign: u64,
    /// Frames of a newer format version.
    pub frames_newer: u64,
    /// Frames whose sender or receiver does not match the connection.
    pub frames_misaddressed: u64,
    /// Frames dropped since the disk could not keep up.
    pub frames_shed: u64,
    /// Frames received and taken.
    pub frames_received: u64,
    /// Frames handed to the network.
    pub frames_sent: u64,
    /// Group commits.
    pub commits: u64,
    /// Bytes written to the log.
    pub log_bytes: u64,
    /// Entries applied.
    pub applied: u64,
    /// Commands that were found applied already.
    pub duplicates: u64,
    /// Commands forwarded to a leader.
    pub forwarded: u64,
    /// Snapshots written.
    pub snapshots: u64,
    /// Snapshots received and installed.
    pub installs: u64,
    /// Snapshots whose writing failed.
    pub snapshots_failed: u64,
    /// Times this node became leader.
    pub elected: u64,
}

/// The facts about a driver.
#[derive(Clone, Debug)]
pub struct DriverStatus {
    /// Grows whenever something other than a counter or a slot changes: what a long poll waits for.
    pub generation: u64,
    /// The cluster.
    pub cluster: ClusterUid,
    /// This member.
    pub node: Node,
    /// The identity of this member's disk, 0 until it is formatted.
    pub disk_id: u128,
    /// Where it is in its life.
    pub phase: Phase,
    /// How the disk does.
    pub disk: DiskState,
    /// True from `Driver::drain` on.
    pub draining: bool,
    /// The Paxos core's view; `None` unless running.
    pub core: Option<Status>,
    /// The last applied slot.
    pub applied: Slot,
    /// The slot of the newest durable snapshot, 0 if there is none.
    pub snapshot: Slot,
    /// The feature level in force.
    pub level: u32,
    /// True if this member leads and its machine was told so.
    pub leads: bool,
    /// True if this member lost its promises and the group has not taken note yet.
    pub amnesiac: bool,
    /// True if this member has all that it ever promised, and has begun: by its own word, or since the group knows its disk.
    pub whole: bool,
    /// The other founders that this one waits for: it votes once all have noted its disk and are noted by all themselves.
    pub awaited_founders: Vec<Node>,
    /// On the leader: members that follow closely and were heard of lately, at the last look. A change of it makes a new
    /// generation.
    pub following: Vec<Node>,
    /// True if the member heard of a leader within the last two election time-outs and has applied nearly all that
    /// it knows as decided: what readiness is.
    pub ready: bool,
    /// Requests that wait for their answer.
    pub outstanding: usize,
    /// Bytes of log segments on disk.
    pub log_bytes: u64,
    /// Counters.
    pub counters: Counters,
}

impl DriverStatus {
    /// True while the member is a founder that does not vote yet: the group may not have begun, so its configuration says
    /// nothing of whether the member's disk was ever in use.
    #[must_use]
    pub fn is_founding(&self) -> bool {
        let role = self.core.as_ref().map(|core| core.role);
        role == Some(RoleName::Founder)
    }
}

/// The numbers that move with every decision; cheap to ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// The last slot known as decided.
    pub decided: Slot,
    /// The last applied slot.
    pub applied: Slot,
    /// The promised ballot.
    pub ballot: Ballot,
    /// The leader, if one is known.
    pub leader: Option<Node>,
    /// A configuration that is proposed or about to be, and not known to be decided.
    pub undecided: Option<ConfigId>,
    /// As in [`DriverStatus::generation`].
    pub generation: u64,
}

/// Why a driver could not be opened. Nothing on the disk was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The disk belongs to another cluster.
    #[error(
        "the data directory belongs to cluster {found}, this member to cluster {wanted}: give it its own directory"
    )]
    ForeignCluster {
        /// The disk's.
        found: ClusterUid,
        /// This member's.
        wanted: ClusterUid,
    },
    /// The disk belongs to another member.
    #[error(
        "the data directory belongs to member {found}, this is member {wanted}: give it its own directory"
    )]
    ForeignMember {
        /// The disk's.
        found: Node,
        /// This member's.
        wanted: Node,
    },
    /// Something on the disk was written by a newer build.
    #[error(
        "{file} has format version {found}, the newest this build knows is {known}: run a newer agent"
    )]
    Newer {
        /// The file.
        file: String,
        /// The version found.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// The disk could not be read.
    #[error("reading {file}: {why}")]
    Unreadable {
        /// The file, or `.` for the directory.
        file: String,
        /// The system's words.
        why: String,
    },
    /// The initial configuration is unsound, or this member is not in it.
    #[error("{0}")]
    BadStart(&'static str),
    /// A group is to be recovered from an empty disk.
    #[error(
        "the data directory holds nothing that a group could be recovered from: start the member whose data survived so, and this one with `join` once it was added; with `resume` if its group was recovered before"
    )]
    NothingToRecover,
    /// A group is to be recovered from a disk of yet another one.
    #[error(
        "the data directory belongs to cluster {found}, neither to {former}, which is to be recovered, nor to {wanted}, which it is to become: correct the former cluster's UID, or give this member its own directory"
    )]
    NotFormer {
        /// The disk's.
        found: ClusterUid,
        /// The group of before.
        former: ClusterUid,
        /// This member's.
        wanted: ClusterUid,
    },
    /// A group is to be recovered from a disk that may lack what its member promised.
    #[error(
        "no group can be recovered from this data directory: {0}; nothing was changed: recover from another survivor, or restore a backup"
    )]
    Unrecoverable(String),
    /// A group is to be recovered from a log that this build cannot apply.
    #[error(
        "the group cannot be recovered by this build: {0} is unknown to it; nothing was changed: run a newer agent"
    )]
    UnknownCommand(String),
}
