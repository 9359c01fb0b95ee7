//! `MULTI`, `EXEC`, `DISCARD`, `WATCH`, `UNWATCH`.
//!
//! <https://redis.io/docs/latest/develop/interact/transactions/>

use synod_cache::command::Spec;
use synod_cache::partition::DatabaseKey;

/// A command that waits for `EXEC`.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) spec: &'static Spec,
    pub(crate) args: Vec<Box<[u8]>>,
}

/// What a client has begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transaction {
    pub(crate) queue: Vec<Queued>,
    /// A command could not be queued, so none is carried out.
    pub(crate) failed: bool,
}

/// A key that a client watches.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    pub(crate) part: usize,
    pub(crate) key: DatabaseKey,
    /// See `Partition::watch`.
    pub(crate) since: u64,
}
