//! All clients, of all threads. They are asked for by few, and change when one comes or goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Client;
use crate::mailbox::{Mailbox, Message};

/// All clients by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Clients(Mutex<BTreeMap<u64, Arc<Client>>>);

impl Clients {
    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Client>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, client: &Arc<Client>) {
        self.held().insert(client.id, Arc::clone(client));
    }

    pub(crate) fn remove(&self, id: u64) {
        self.held().remove(&id);
    }

    /// All that are not to be closed, in the order in which they came.
    pub(crate) fn all(&self) -> Vec<Arc<Client>> {
        let held = self.held();
        let clients = held.values().filter(|client| !client.is_killed());
        clients.cloned().collect()
    }

    /// The one of this number, unless it is to be closed.
    pub(crate) fn of(&self, id: u64) -> Option<Arc<Client>> {
        let client = self.held().get(&id).cloned();
        client.filter(|client| !client.is_killed())
    }
}

/// Closes a client of whatever thread: it does nothing more.
pub(crate) fn kill(client: &Client, mailboxes: &[Mailbox]) {
    if client.kill() {
        mailboxes[client.worker].post(Message::Close { client: client.id });
    }
}
