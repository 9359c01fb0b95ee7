//! What a cache keeps on disk: its log of effects, snapshots that cut it, and how both become partitions again.
//!
//! **The log.** Whoever changes a partition takes its effects, while the partition is his, into [`Gather`]: one record, with the
//! partition's number and the next number of that partition's sequence. So each partition has a stream of its own, in the order of
//! its changes, and all streams share one file. What was done to several partitions at once (`EXEC`, a script, `MSET`) is one record
//! with a part for each of them and a transaction's number; a record is in one group commit, whole, so it is replayed whole or not at
//! all, and whoever is sent the streams one by one knows by that number what belongs together. Every group commit begins with the
//! epoch under which it was written. [`Log`] writes commits into segments with the framing of `synod_replica`'s log
//! ([`synod_replica::framing`]: checksums, marks and the synced-through marker that tell a torn tail from damage) and syncs them when
//! [`Fsync`] says. The rest of that log, its writer and its reader, is about a Paxos log: each write waits for the sync of the one
//! before, segments go by slots, all is read into memory. Here writes run ahead of syncs, segments go by snapshots, and a log is
//! longer than memory; so these two are this crate's own.
//!
//! **Durability.** [`Gather::append`] gives a place in the log; [`Progress`] says up to which place it is written and synced. A reply
//! that shows something at a place is held back until the log is synced so far (`always`); with `everysec` it is not, unless the disk
//! has lagged for [`LAG_MAX`], so that no more than that much time is ever lost; and however a disk lags, no more than
//! [`GATHERED_BYTES_MAX`] wait for it before replies do.
//!
//! **Snapshots.** The log begins a new segment (the cut); then each partition in turn is pinned, while it is its owner's, and written
//! as effects that make it anew. It is pinned at a number of its sequence, which the snapshot tells, and at another moment than the
//! others are: so only one partition at a time is kept twice. The snapshot counts once it is synced, and the log up to the last pin
//! before it, since a transaction may be in the snapshot for one of its partitions and not for another. Then the segments before the
//! cut go.
//!
//! **Recovery.** The newest snapshot, then of every record each part whose number comes after the snapshot's for its partition. The
//! log ends where a write was cut short by a crash; what is damaged before that is refused, and nothing is changed. What no later
//! write proves to be durable is written anew, since a sync of it may have failed (`synod_replica`'s argument).
//!
//! **Replication** will send these same records, by partition and epoch, to replicas, which apply them with
//! [`synod_cache::partition::Partition::apply`], and keep a log and snapshots like this one.
//!
//! All but [`journal`] is driven from outside over byte-level [`synod_replica::Disk`], so that the simulator can run it.

mod gather;
mod identity;
pub mod journal;
mod log;
mod mutation;
mod progress;
mod reading;
mod record;
mod recovery;
mod snapshot;

pub use gather::{Gather, Gathered};
pub use log::Log;
#[cfg(feature = "mutations")]
pub use mutation::ALL as MUTATIONS;
pub use progress::{Fsync, LAG_MAX, Progress};
pub use record::{BodyError, Part, Record, Records};
pub use recovery::{Found, OpenError, Opened, Recovered, Settings, open};
pub use snapshot::{Cut, Host, Stopped, TakeError, Taken, take};

/// So much waits for a disk at most before replies wait for it, too.
pub const GATHERED_BYTES_MAX: u64 = 64 << 20;
