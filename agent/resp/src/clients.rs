//! All clients, of all threads. They are asked for by few, and change when one comes or goes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Of which thread each client is.
#[derive(Debug, Default)]
pub(crate) struct Clients(Mutex<HashMap<u64, usize>>);

impl Clients {
    fn held(&self) -> MutexGuard<'_, HashMap<u64, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, id: u64, worker: usize) {
        self.held().insert(id, worker);
    }

    pub(crate) fn remove(&self, id: u64) {
        self.held().remove(&id);
    }

    /// The thread of a client, if there is one of this number.
    pub(crate) fn worker_of(&self, id: u64) -> Option<usize> {
        self.held().get(&id).copied()
    }
}
