//! What a replicated state machine is to the driver that replicates it: a pure interface, implemented by `kv`, `znode` and
//! `cache`, used by `synod_replica`. It knows nothing of logs, disks, peers or wires.

pub mod codec;
pub mod deadlines;

use bytes::Bytes;
use synod_paxos::{Ballot, Now, Slot};

/// A command as the machine encodes it. Opaque to driver and Paxos.
pub type Command = Bytes;

/// Where and when a command is applied: equal on all replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The slot.
    pub slot: Slot,
    /// The ballot in which the command was first proposed.
    pub ballot: Ballot,
    /// The highest ballot that any entry up to this slot was proposed in. A command proposed by a leader about its own
    /// soft state (expiry) counts only if `ballot == newest`.
    pub newest: Ballot,
    /// The replicated clock in milliseconds since 1970: the proposing leader's, made monotone, jumps clamped.
    pub time_ms: u64,
    /// The feature level in force.
    pub level: u32,
}

/// A command that this build does not know at this level: the member halts, it never skips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCommand(pub String);

impl UnknownCommand {
    /// Of bytes that are no command of the one format that is read.
    #[must_use]
    pub fn of_bytes(bytes: &[u8], format: u8) -> Self {
        let head = &bytes[..bytes.len().min(16)];
        Self(format!(
            "{} bytes that begin with {head:02x?} are no command of format {format}",
            bytes.len()
        ))
    }
}

/// Bytes that do not decode: where and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged(pub String);

impl Damaged {
    /// Compares the digest of what was restored with the one at the snapshot's end.
    ///
    /// # Errors
    /// If they differ.
    pub fn unless_same_digest(digest: u64, expected: u64) -> Result<(), Self> {
        if digest == expected {
            return Ok(());
        }
        Err(Self(format!(
            "the snapshot's digest is {digest:016x}, its end says {expected:016x}"
        )))
    }
}

/// The outcome of one command.
#[derive(Debug)]
pub struct Applied<R> {
    /// What the origin of the command gets.
    pub response: R,
}

/// A pinned view of a machine's state, read in pieces. Reading all of it does not disturb the machine that goes on.
pub trait SnapshotReader: Send {
    /// The next piece, about `target` bytes (a single value may exceed it); `None` at the end.
    fn next(&mut self, target: usize) -> Option<Bytes>;
}

/// A deterministic state machine: equal commands in equal order give equal states, responses and snapshots, on every
/// machine and in every build of one feature level. No clock, no entropy, no unordered iteration.
pub trait StateMachine {
    /// What `apply` answers. Kept by the driver only for the ticket that asked.
    type Response;
    /// A leader's soft-state request (a lease keep-alive, a session ping).
    type Soft: Clone;
    /// The answer to it.
    type SoftResponse;
    /// A pinned view for snapshots.
    type Reader: SnapshotReader;

    /// Applies one decided command.
    ///
    /// # Errors
    /// If the command is unknown at `stamp.level`: the member halts.
    fn apply(&mut self, stamp: &Stamp, command: &Command)
    -> Result<Self::Response, UnknownCommand>;

    /// Tells that `stamp.slot` was decided and holds nothing for the machine (a no-op or a configuration).
    fn pass(&mut self, stamp: &Stamp);

    /// The state goes on as another group's: one that lost its quorum for good is recovered from this member. What clients were
    /// told by the group of before may be missing here, and what follows may differ from it; so nothing that they were told
    /// may come to mean something else, and what orders their doings (revisions, fencing tokens) goes on above all of it.
    /// Called once, after the last slot that is known to be decided, which is the stamp's; the other members get what comes of
    /// it by snapshot.
    fn renew(&mut self, stamp: &Stamp);

    /// This node became leader in `ballot` and has applied everything decided before: soft state begins anew, with
    /// its grace.
    fn lead(&mut self, now: Now, ballot: Ballot);

    /// This node no longer leads: soft state is dropped.
    fn follow(&mut self);

    /// Answers a soft request. Called on the leader only, after leadership was confirmed by a quorum *since the
    /// request arrived*.
    fn soft(&mut self, now: Now, request: &Self::Soft) -> Self::SoftResponse;

    /// Encodes a soft request for forwarding to the leader.
    fn encode_soft(request: &Self::Soft) -> Bytes;

    /// Decodes what `encode_soft` wrote.
    ///
    /// # Errors
    /// If the bytes do not decode.
    fn decode_soft(bytes: &Bytes) -> Result<Self::Soft, Damaged>;

    /// Encodes an answer for the way back.
    fn encode_soft_response(response: &Self::SoftResponse) -> Bytes;

    /// Decodes what `encode_soft_response` wrote.
    ///
    /// # Errors
    /// If the bytes do not decode.
    fn decode_soft_response(bytes: &Bytes) -> Result<Self::SoftResponse, Damaged>;

    /// Commands that the leader's soft state wants proposed now (expiries), at most `max`. Called on the leader.
    fn due(&mut self, now: Now, max: usize) -> Vec<Command>;

    /// When `due` wants to be called next.
    fn next_due(&self) -> Option<Now>;

    /// Whether the machine goes by the replicated clock: then it is kept going while nobody writes. Of no cost where it does not.
    fn tells_time(&self) -> bool {
        false
    }

    /// A hash over the whole replicated state, maintained incrementally: constant time. Equal on equal states.
    fn digest(&self) -> u64;

    /// Pins the state for a snapshot.
    fn snapshot(&self) -> Self::Reader;

    /// An empty machine that a snapshot is restored into, piece by piece, as the reader gave them.
    ///
    /// # Errors
    /// If a piece does not decode. The machine is then unusable.
    fn restore(&mut self, piece: &Bytes) -> Result<(), Damaged>;

    /// Ends a restore and checks it as a whole.
    ///
    /// # Errors
    /// If the pieces do not make a whole.
    fn restored(&mut self) -> Result<(), Damaged>;

    /// A new empty machine with this machine's settings, to restore into.
    fn empty(&self) -> Self;
}
