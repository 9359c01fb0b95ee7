//! The driver's whole view of the world: files as bytes, peers as frames. Real ones live in `agent/src`, simulated ones
//! in `tests/sim`.

use bytes::Bytes;
use synod_paxos::Node;

/// Names a submitted disk operation until its completion. Grows by one with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskTicket(pub u64);

/// Why a disk operation failed, in the classes that the driver answers differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskError {
    /// No space left. Space may come back.
    Full,
    /// No file of that name.
    NotFound,
    /// Anything else, with the system's words. After a failed `Sync` or `Write` nothing may be assumed about the
    /// file's unsynced bytes.
    Failed(String),
}

/// An operation that may block. Operations are carried out in the order of submission; each is answered by exactly
/// one [`Completion`]. What a `Write` put into a file survives a crash only from a completed `Sync` of that file on; a
/// file's existence or name only from a completed `SyncDirectory` on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskOp {
    /// Creates an empty file, or truncates one; `preallocate` bytes are reserved (zeros when read).
    Create {
        /// The file.
        file: String,
        /// Bytes to reserve.
        preallocate: u64,
    },
    /// Writes `parts` one after the other from `offset` on (a vectored write).
    Write {
        /// The file.
        file: String,
        /// First byte.
        offset: u64,
        /// What to write.
        parts: Vec<Bytes>,
    },
    /// Makes the file's bytes durable (fdatasync).
    Sync {
        /// The file.
        file: String,
    },
    /// Cuts a file to a length.
    Truncate {
        /// The file.
        file: String,
        /// Its length from now on.
        length: u64,
    },
    /// Renames within the directory, replacing the target.
    Rename {
        /// The file.
        from: String,
        /// Its name from now on.
        to: String,
    },
    /// Removes a file; a missing one is no error.
    Remove {
        /// The file.
        file: String,
    },
    /// Makes creations, renames and removals durable.
    SyncDirectory,
}

/// The answer to a submitted operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Which operation.
    pub ticket: DiskTicket,
    /// How it went.
    pub result: Result<(), DiskError>,
}

/// One flat directory of files. Reading is synchronous: it happens at recovery, and in small bounded pieces while a
/// snapshot is sent.
pub trait Disk {
    /// Queues `op`; its [`Completion`] comes back as an event. Never blocks.
    fn submit(&mut self, op: DiskOp) -> DiskTicket;
    /// Everything of this turn is submitted. `idle`: nothing else came of the turn, no message that waits to be sent and no answer,
    /// so a disk known to be quick may be waited for. If something did, such a disk may hold back what was submitted until
    /// [`Disk::release`]; any other begins.
    fn begin(&mut self, idle: bool) {
        let _ = idle;
    }
    /// Whether it holds something back: then whoever drives it lets messages and answers leave first, and releases it.
    fn holds(&self) -> bool {
        false
    }
    /// Begins what was held back. `idle`: nothing is left to be done meanwhile, so it may be waited for.
    fn release(&mut self, idle: bool) {
        let _ = idle;
    }
    /// Names of all files, sorted.
    ///
    /// # Errors
    /// When the directory cannot be read.
    fn list(&self) -> Result<Vec<String>, DiskError>;
    /// Length of a file in bytes.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    fn length(&self, file: &str) -> Result<u64, DiskError>;
    /// Reads up to `length` bytes from `offset`; fewer only at the end of the file.
    ///
    /// # Errors
    /// When there is no such file or it cannot be read.
    fn read(&self, file: &str, offset: u64, length: usize) -> Result<Bytes, DiskError>;
}

/// What the network tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetEvent {
    /// A frame arrived from an authenticated connection of `from`.
    Received {
        /// The peer, as authenticated by the transport.
        from: Node,
        /// The frame.
        frame: Bytes,
    },
    /// A connection to `Node` stands.
    Up(Node),
    /// The last connection to `Node` was reset or closed: a hint that its process died, never a proof.
    Down(Node),
}

/// Frames to peers: may be lost, repeated, reordered, delayed; never altered unnoticed.
pub trait Net {
    /// Queues a frame, in `parts` that are sent one after the other; drops it when the peer cannot be reached or its
    /// queue is full (each queue is bounded by bytes). Never blocks.
    fn send(&mut self, to: Node, parts: Vec<Bytes>);
    /// Tells which peers there are now and what their contexts are (addresses), after each configuration change.
    fn peers(&mut self, peers: &[(Node, Bytes)]);
}
