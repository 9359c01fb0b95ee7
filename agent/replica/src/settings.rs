//! What a driver is told when it is opened: who it is, how it starts, and every bound with its unit.

use synod_paxos::{Configuration, Node, Span};

use crate::MemberContext;

/// The cluster UID: a UUID's 16 bytes. Disks and peers of another one are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterUid(pub [u8; 16]);

impl std::fmt::Display for ClusterUid {
    /// The UUID form: 8-4-4-4-12 hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// What to do with the disk at start. A formatted, whole disk is always resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartMode {
    /// An empty disk becomes a member of the initial configuration. Every initial member must be given the same one. It votes
    /// once all of them have met; if one that votes knows the member by another disk, this one has lost its promises.
    Bootstrap {
        /// The configuration the group starts with; its id is 1.
        initial: Configuration,
    },
    /// An empty disk waits until the leader of an existing group contacts it as a new member. It votes once the group's
    /// configuration holds the disk's identity.
    Join,
    /// The disk ought to be formatted. An empty one means that its promises were lost: the member formats it anew,
    /// says so to the leader and never votes until it was demoted and promoted again.
    Resume,
    /// A group lost its quorum for good, and a person decided to go on with what this disk has. A whole disk of the group
    /// `former` becomes the beginning of this group, with this member as its only one; everything else is refused. A disk
    /// of which that was made before is resumed, so it may be said at every start.
    ///
    /// Whoever says so must see to it that no other disk is made the beginning of a group of the same UID.
    Recover {
        /// The group of before.
        former: ClusterUid,
    },
}

/// Everything a driver needs to know beforehand.
#[derive(Clone, Debug)]
pub struct Settings {
    /// This member's number.
    pub node: Node,
    /// The cluster this member belongs to.
    pub cluster: ClusterUid,
    /// The replicated group within the process's log (one group today).
    pub group: u32,
    /// What this member tells about itself when it lost its disk; `disk_id` is filled in by the driver.
    pub context: MemberContext,
    /// What to do with the disk.
    pub start: StartMode,
    /// Heartbeats, elections, leases.
    pub timing: synod_paxos::Timing,
    /// Bounds of the Paxos core.
    pub core: synod_paxos::Bounds,
    /// The wall clock in milliseconds since 1970 at the `now` given to `Driver::open`.
    pub wall_ms: u64,
    /// The highest feature level this build knows.
    pub level_max: u32,
    /// Bounds and sizes of the driver.
    pub bounds: Bounds,
}

impl Settings {
    /// What the Paxos core is told.
    pub(crate) fn of_core(&self, seed: u64) -> synod_paxos::Settings {
        synod_paxos::Settings {
            node: self.node,
            seed,
            timing: self.timing.clone(),
            bounds: self.core.clone(),
        }
    }
}

/// Named bounds of the driver. The answer at each bound is stated on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Largest command of a front end, in bytes; a larger one is refused with `TooLarge`.
    pub command_bytes_max: usize,
    /// Proposals of this member that wait for their answer; more are refused with `Overloaded`.
    pub outstanding_max: usize,
    /// Bytes of those commands; more are refused with `Overloaded`.
    pub outstanding_bytes_max: usize,
    /// Reads and soft requests that wait; more are refused with `Overloaded`.
    pub reads_max: usize,
    /// Configuration changes that wait; more are refused with `Overloaded`.
    pub changes_max: usize,
    /// How long a request waits for its answer before it is refused with `TimedOut` or `NoLeader`.
    pub request_timeout: Span,
    /// How long a forwarded proposal waits for its own apply before it is forwarded again.
    pub forward_retry: Span,
    /// Most bytes of one frame of forwarded commands; the rest goes into the next frame.
    pub forward_bytes_max: usize,
    /// Most bytes of entries applied in one `flush`; the rest is applied in the next, which is due at once.
    pub apply_bytes_max: usize,
    /// Commands of the leader's soft state proposed in one `flush`.
    pub due_max: usize,
    /// Size of a log segment in bytes, preallocated.
    pub segment_bytes: u64,
    /// Bytes of records waiting for the disk above which messages that would add more are dropped (peers repeat them).
    pub log_pending_bytes_max: usize,
    /// How long after the last group commit a marker is written that proves it was synced.
    pub marker_idle: Span,
    /// A group commit that takes longer makes a leader hand over.
    pub slow_disk: Span,
    /// How often a full disk is tried again.
    pub full_retry: Span,
    /// Bytes of applied entries after which a snapshot is written, or as many as the last snapshot had if that is more.
    pub snapshot_log_bytes: u64,
    /// Bytes of one piece of a snapshot, on disk and on the wire.
    pub snapshot_piece_bytes: usize,
    /// Pieces of a snapshot sent to one member before its acknowledgement is awaited.
    pub snapshot_pieces_inflight_max: usize,
    /// Members to which snapshots are sent at the same time; others wait for their turn.
    pub snapshot_receivers_max: usize,
    /// Slots that stay in memory behind the newest snapshot, for members that lag a little.
    pub log_margin_slots: u64,
    /// Bytes of applied entries that stay in memory, or half of the last snapshot's if that is more; a member that lags
    /// farther is sent a snapshot.
    pub log_memory_bytes: u64,
    /// Slots between two comparisons of the members' states.
    pub check_slots: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            command_bytes_max: 8 << 20,
            outstanding_max: 16 << 10,
            outstanding_bytes_max: 64 << 20,
            reads_max: 64 << 10,
            changes_max: 64,
            request_timeout: Span::from_millis(7_000),
            forward_retry: Span::from_millis(1_000),
            forward_bytes_max: 1 << 20,
            apply_bytes_max: 4 << 20,
            due_max: 256,
            segment_bytes: 16 << 20,
            log_pending_bytes_max: 64 << 20,
            marker_idle: Span::from_millis(50),
            slow_disk: Span::from_millis(1_000),
            full_retry: Span::from_millis(1_000),
            snapshot_log_bytes: 64 << 20,
            snapshot_piece_bytes: 128 << 10,
            snapshot_pieces_inflight_max: 4,
            snapshot_receivers_max: 2,
            log_margin_slots: 32_768,
            log_memory_bytes: 16 << 20,
            check_slots: 1_024,
        }
    }
}
