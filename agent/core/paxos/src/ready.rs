//! What the core wants done: the only way out of it.

use bytes::Bytes;

use crate::{Ballot, Entry, Message, Node, Slot};

/// A message and who it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbound {
    /// The receiver, never the sender itself.
    pub to: Node,
    /// What to send.
    pub message: Message,
}

/// A change of what an acceptor must remember. Records are written in order; replaying all of them, in order, after
/// the newest snapshot gives back the acceptor's state (`Replica::recover`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Nothing below `ballot` is promised or accepted from now on (phase 1b).
    Promise {
        /// The promised ballot.
        ballot: Ballot,
    },
    /// The suffix after slot `from - 1` is replaced by `entries`, and the log counts as accepted in `ballot`: one
    /// atomic thing, however large (a log that is "accepted in `ballot`" but short would look most advanced and lose
    /// chosen entries).
    Sync {
        /// The ballot accepted, also promised by this.
        ballot: Ballot,
        /// Slot of the first entry.
        from: Slot,
        /// The entries.
        entries: Vec<Entry>,
        /// Known decided when written.
        decided: Slot,
    },
    /// `entries` follow the log as accepted in `ballot` (phase 2b).
    Append {
        /// The ballot in which the log is accepted.
        ballot: Ballot,
        /// Slot of the first entry: the one after the log's last.
        from: Slot,
        /// The entries.
        entries: Vec<Entry>,
        /// Known decided when written.
        decided: Slot,
    },
    /// `entries` are chosen. What the log held at these slots is replaced; what follows is kept only if nothing
    /// there differed (a differing entry proves that the old suffix was never chosen).
    Learn {
        /// Slot of the first entry.
        from: Slot,
        /// The entries, all decided.
        entries: Vec<Entry>,
    },
}

/// A read whose slot is known to be linearizable: it may be served once `slot` is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadDone {
    /// The caller's name for the read, as given to `Replica::read`.
    pub ticket: u64,
    /// The slot that must be applied before the read is served; `None` if leadership was lost: ask again.
    pub slot: Option<Slot>,
}

/// What must be done next. Taken with `Replica::ready`; never empty.
///
/// Order of duties:
/// 1. `send_now` may leave at once, before anything is written.
/// 2. `persist` is appended to the log in order. It may be written and synced together with what follows it.
/// 3. `send_after_persist` must not leave before `persist` of this and of every earlier `Ready` is durable.
/// 4. When it is durable, the caller says `Replica::persisted(number)`; only then does this replica count its own
///    vote.
/// 5. Slots through `decided` may be applied at once: they are chosen whether or not this replica's own copy is durable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Numbers the `Ready`s of this process from 1.
    pub number: u64,
    /// What must become durable, in order.
    pub persist: Vec<Record>,
    /// Messages that depend on nothing unwritten.
    pub send_now: Vec<Outbound>,
    /// Messages that promise what `persist` holds.
    pub send_after_persist: Vec<Outbound>,
    /// The last slot known to be decided; entries are read with `Replica::entries`.
    pub decided: Slot,
    /// Reads that were confirmed or refused.
    pub reads: Vec<ReadDone>,
    /// Members that need a snapshot, since the log does not reach back to what they miss; told once until
    /// `Replica::snapshot_sent` or `Replica::snapshot_failed` is said for them.
    pub needs_snapshot: Vec<Node>,
    /// Data received for the layer above in a `Body::Application`, with its sender.
    pub application: Vec<(Node, Bytes)>,
}
