//! A pinned view: the state as it was, read on any thread while the store goes on.

use std::sync::Arc;

use crate::command::{Range, Txn};
use crate::error::Error;
use crate::hash::RevisionHash;
use crate::response::{RangeResponse, TxnResponse};
use crate::snapshot::SnapshotReader;
use crate::state::State;

/// The state at the moment of [`Store::view`](crate::Store::view).
pub struct View {
    pub(crate) state: State,
    _pin: Arc<()>,
}

impl View {
    pub(crate) const fn new(state: State, pin: Arc<()>) -> Self {
        Self { state, _pin: pin }
    }

    /// The revision that is pinned.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.state.revision
    }

    /// As [`Store::range`](crate::Store::range).
    ///
    /// # Errors
    /// `Compacted`, `FutureRevision`.
    pub fn range(&self, request: &Range) -> Result<RangeResponse, Error> {
        self.state.range(request, self.state.revision)
    }

    /// As [`Store::read_txn`](crate::Store::read_txn).
    ///
    /// # Errors
    /// `Compacted`, `FutureRevision`.
    ///
    /// # Panics
    /// If the transaction writes.
    pub fn read_txn(&self, txn: &Txn) -> Result<TxnResponse, Error> {
        self.state.read_txn(txn)
    }

    /// The hash of everything readable at `revision` or before; 0 is the newest.
    ///
    /// # Errors
    /// `Compacted`, `FutureRevision`.
    pub fn hash_kv(&self, revision: i64) -> Result<RevisionHash, Error> {
        self.state.hash_kv(revision)
    }

    /// The digest of the whole pinned state.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.state.digest()
    }

    /// Turns the view into a snapshot.
    #[must_use]
    pub fn into_snapshot(self) -> SnapshotReader {
        SnapshotReader::new(self)
    }
}
