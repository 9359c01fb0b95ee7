//! What lives in the engine's loop besides the store: the watches, and whose outbox their events go to.
//!
//! It is locked in the loop only, so nobody ever waits for the lock.

use std::sync::{Arc, Mutex};

use hashbrown::HashMap;
use synod_jute::{EventType, KeeperState, Reply, WatcherEvent};
use synod_znode::{ConnectionId, EventKind, Hub, Notice, Store, WatchBounds, Zxid};

use super::connection::{Connection, Held};
use crate::mutation::mutated;

/// Watches and connections.
pub(super) struct Desk {
    pub(super) hub: Hub,
    pub(super) connections: HashMap<ConnectionId, Arc<Connection>>,
    /// See [`Store::restored_count`].
    restored: u64,
}

impl Desk {
    /// The desk for a store.
    pub(super) fn new(store: &mut Store, bounds: WatchBounds) -> Self {
        Self {
            hub: Hub::bounded(store, bounds),
            connections: HashMap::new(),
            restored: store.restored_count(),
        }
    }

    /// A connection holds a session from now on; which one held it until now ends. Not if it is gone already: it would stay for
    /// ever.
    pub(super) fn attach(&mut self, connection: &Arc<Connection>, held: Held) {
        if connection.outbox.is_ending() {
            return;
        }
        let Held {
            session,
            attachment,
            ..
        } = held;
        self.connections
            .insert(connection.id, Arc::clone(connection));
        let over = self.hub.attach(session, attachment, connection.id);
        if let Some(connection) = over.and_then(|id| self.connections.get(&id)) {
            connection.outbox.end();
        }
    }

    /// A connection without a session is there.
    pub(super) fn enter(&mut self, connection: &Arc<Connection>) {
        if connection.outbox.is_ending() {
            return;
        }
        self.connections
            .insert(connection.id, Arc::clone(connection));
    }

    /// Connections without a session end.
    pub(super) fn end_read_only(&self) {
        let all = self.connections.values();
        all.filter(|connection| connection.is_read_only())
            .for_each(|connection| connection.outbox.end());
    }

    /// A connection is gone.
    pub(super) fn leave(&mut self, connection: &Connection) {
        if self.connections.remove(&connection.id).is_some() {
            self.hub.leave(connection.held().session, connection.id);
        }
    }

    /// Packets that came and went on the connections that are there.
    pub(super) fn packets(&self) -> (u64, u64) {
        let all = self
            .connections
            .values()
            .map(|connection| connection.packets());
        all.fold((0, 0), |(received, sent), (more, gone)| {
            (received + more, sent + gone)
        })
    }

    /// Puts the events of what was applied up to `until` into the outboxes.
    pub(super) fn deliver(&mut self, store: &mut Store, until: Zxid) {
        if mutated("agent.desk.reply_before_event") {
            return;
        }
        self.tell(store, until);
    }

    fn tell(&mut self, store: &mut Store, until: Zxid) {
        let Self {
            hub, connections, ..
        } = self;
        hub.advance(store, until, |notice| match notice {
            Notice::Event {
                to,
                kind,
                path,
                readers,
            } => {
                let connection = connections.get(&to);
                if let Some(connection) = connection.filter(|it| it.may_read(&readers)) {
                    connection.outbox.put(|out| event(kind, &path).encode(out));
                }
            }
            Notice::Over { connection } => {
                if let Some(connection) = connections.get(&connection) {
                    connection.outbox.end();
                }
            }
        });
    }

    /// After each turn of the loop: everything that was applied is told.
    pub(super) fn after_turn(&mut self, store: &mut Store) {
        self.tell(store, store.zxid());
    }

    /// Notices that the store is another one, or its state is: before anything of it is shown, since a client that saw what is new
    /// would not ask for what it missed.
    fn keep_up(&mut self, store: &mut Store) {
        store.observe();
        if store.restored_count() != self.restored {
            self.restored = store.restored_count();
            if mutated("agent.desk.snapshot_unnoticed") {
                return;
            }
            tracing::info!(
                connections = self.connections.len(),
                "the state was replaced by a snapshot; clients connect anew, since their watches may have missed something"
            );
            self.connections
                .values()
                .for_each(|connection| connection.outbox.end());
        }
    }
}

/// A desk is made with the store it is for, in the loop.
pub(super) struct Room {
    desk: Mutex<Option<Desk>>,
    bounds: WatchBounds,
}

pub(super) type SharedDesk = Arc<Room>;

/// Room for a desk whose watches keep to these bounds.
pub(super) fn room(bounds: WatchBounds) -> SharedDesk {
    let desk = Mutex::default();
    Arc::new(Room { desk, bounds })
}

/// Uses the desk, which is made at its first use.
pub(super) fn with<R>(
    shared: &SharedDesk,
    store: &mut Store,
    f: impl FnOnce(&mut Desk, &mut Store) -> R,
) -> R {
    let mut desk = shared
        .desk
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let desk = desk.get_or_insert_with(|| Desk::new(store, shared.bounds));
    desk.keep_up(store);
    f(desk, store)
}

/// An event as it is sent.
pub(super) fn event(kind: EventKind, path: &str) -> Reply {
    let kind = match kind {
        EventKind::Created => EventType::NodeCreated,
        EventKind::Deleted => EventType::NodeDeleted,
        EventKind::DataChanged => EventType::NodeDataChanged,
        EventKind::ChildrenChanged => EventType::NodeChildrenChanged,
    };
    Reply::event(WatcherEvent {
        kind,
        state: KeeperState::SyncConnected,
        path: path.into(),
    })
}
