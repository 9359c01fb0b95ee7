//! What clients do and see, in words of their own: independent of the store's types, so that the model is too.

use bytes::Bytes;

/// A key and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The key.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// Revision of its creation.
    pub created: u64,
    /// Revision of its last change.
    pub modified: u64,
    /// Changes since its creation.
    pub version: u64,
    /// The lease it is attached to, or 0.
    pub lease: i64,
}

/// One operation of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Puts one key; the value is unique in the run.
    Put {
        /// The key.
        key: Bytes,
        /// The value.
        value: Bytes,
        /// The lease to attach, or 0.
        lease: i64,
    },
    /// Deletes the keys from `from` up to, without, `to`; the pair is unique in the run.
    Delete {
        /// First key.
        from: Bytes,
        /// End.
        to: Bytes,
    },
    /// A transaction: compare and put, and always put a marker.
    Swap {
        /// The key compared and put.
        key: Bytes,
        /// The revision of its last change (0: does not exist).
        expected: u64,
        /// The new value.
        value: Bytes,
        /// A key and unique value that is put in either case.
        marker: (Bytes, Bytes),
    },
    /// A transaction that puts several keys at one revision.
    Batch {
        /// Different keys.
        pairs: Vec<(Bytes, Bytes)>,
    },
    /// A transaction that puts a token on a fence, and a key.
    Fenced {
        /// The fence.
        fence: Bytes,
        /// The token.
        token: Bytes,
        /// The key.
        key: Bytes,
        /// Its value, unique in the run.
        value: Bytes,
    },
    /// Reads the keys from `from` up to, without, `to`.
    Range {
        /// First key.
        from: Bytes,
        /// End.
        to: Bytes,
        /// Revision, or 0 for the newest.
        revision: u64,
        /// Whether any member may answer from what it has.
        serializable: bool,
    },
    /// Grants a lease with a number unique in the run.
    Grant {
        /// The lease.
        lease: i64,
        /// Seconds.
        ttl_s: i64,
    },
    /// Revokes a lease.
    Revoke {
        /// The lease.
        lease: i64,
    },
    /// Keeps a lease alive.
    KeepAlive {
        /// The lease.
        lease: i64,
    },
    /// Forgets everything before a revision.
    Compact {
        /// The revision.
        revision: u64,
    },
}

impl Operation {
    /// Whether it goes through the log.
    #[must_use]
    pub fn replicated(&self) -> bool {
        !matches!(self, Self::Range { .. } | Self::KeepAlive { .. })
    }
}

/// Why the store did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The revision was compacted.
    Compacted,
    /// The revision is yet to come.
    FutureRevision,
    /// No such lease.
    LeaseNotFound,
    /// The lease is there already.
    LeaseExists,
    /// The quota is reached.
    NoSpace,
    /// The fence holds a newer token.
    OlderToken,
    /// Anything else, which no operation of the simulator expects.
    Other,
}

/// What a client sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Of `Put`.
    Put {
        /// The store's revision after.
        revision: u64,
        /// What the key held before.
        previous: Option<Pair>,
    },
    /// Of `Delete`.
    Deleted {
        /// The store's revision after.
        revision: u64,
        /// Keys deleted.
        count: u64,
    },
    /// Of `Swap`, `Batch` and `Fenced`.
    Txn {
        /// The store's revision after.
        revision: u64,
        /// Which branch ran.
        succeeded: bool,
        /// What the failing branch read.
        seen: Option<Pair>,
    },
    /// Of `Range`.
    Range {
        /// The store's revision.
        revision: u64,
        /// What is there, by key.
        pairs: Vec<Pair>,
    },
    /// Of `Grant`.
    Granted {
        /// Seconds; at least what was asked.
        ttl_s: i64,
    },
    /// Of `Revoke` and `Compact`.
    Done {
        /// The store's revision after.
        revision: u64,
    },
    /// Of `KeepAlive`: seconds the lease goes on from now, or nothing if there is no such lease.
    KeptAlive {
        /// Seconds.
        ttl_s: Option<i64>,
    },
    /// Any.
    Refused(Refused),
}
