//! etcd's multi-version key-value store as a pure, deterministic state machine.
//!
//! [`Store`] applies decided [`Command`]s and answers [`Response`]s; it implements [`synod_machine::StateMachine`].
//! Reads are [`Range`]s on the store, or on a [`View`] that pins the state for another thread. A [`Hub`] turns the
//! store's changes into the events of watches.
//!
//! It promises: equal commands in equal order give equal states, answers, sizes, digests and snapshots; one revision
//! per effective transaction, never repeated; what a watch delivers is complete and in order, or the watch is cancelled.
//!
//! It does not know: logs, peers, wires, users, clocks (time is handed in, and only the leader's soft state uses it).

mod apply;
mod attachments;
mod changes;
mod command;
mod error;
mod fence;
mod hash;
mod history;
mod key_range;
mod lead;
mod lessor;
pub mod mutation;
mod read;
mod renewal;
mod response;
mod retention;
mod snapshot;
mod soft;
mod state;
mod store;
mod version;
mod view;
mod watch;
mod write;

pub use command::{
    Alarm, AlarmKind, Command, Compare, CompareResult, CompareTarget, DeleteRange, LEASE_TTL_MAX_S,
    Limits, Op, Put, Range, SortOrder, SortTarget, TXN_DEPTH_MAX, TXN_OPS_MAX, Txn,
};
pub use error::Error;
pub use fence::{FENCE_PREFIX, FENCES_LEVEL, FenceToken};
pub use hash::RevisionHash;
pub use key_range::{End, KeyRange};
pub use response::{
    DeleteRangeResponse, OpResponse, PutResponse, RangeResponse, Reply, Response, TxnResponse,
};
pub use retention::Retention;
pub use snapshot::SnapshotReader;
pub use soft::{SoftRequest, SoftResponse};
pub use store::{LeaseInfo, Settings, Sizes, Store};
pub use version::{KeyValue, Revision};
pub use view::View;
pub use watch::{Event, EventKind, Hub, WatchBatch, WatchId, WatchSpec, WatchState};
