//! The watches of one member's connections, and which events they are due. Not replicated: a client sets its watches again when it
//! connects elsewhere.
//!
//! How to drive it: [`Hub::advance`] with the store before every answer is written, up to that answer's zxid, so that a client
//! hears of a change before it sees it; and after every turn, up to the end.

mod bounds;
mod set_again;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::acl::Readers;
use crate::change::{Change, Node, What};
use crate::mutation::mutated;
use crate::path::Path;
use crate::session::{Attachment, SessionId};
use crate::store::Store;
use crate::zxid::Zxid;
pub use bounds::{WatchBounds, WatchesFull};
pub use set_again::SetAgain;
use table::Table;

/// A connection of this member. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// What happened to a watched node: the wire's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// It was created.
    Created = 1,
    /// It was deleted.
    Deleted = 2,
    /// Its data was written.
    DataChanged = 3,
    /// A child was created or deleted.
    ChildrenChanged = 4,
}

/// How a watch watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WatchMode {
    /// Of `getData` and `exists`: hears once of the node.
    Data,
    /// Of `getChildren`: hears once of the node's children, and of its deletion.
    Child,
    /// Hears of both until it is removed.
    Persistent,
    /// As that, of the node and of all below it, but not of children as such.
    PersistentRecursive,
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An event of a watch.
    Event {
        /// To whom.
        to: ConnectionId,
        /// What happened.
        kind: EventKind,
        /// To which node.
        path: Arc<str>,
        /// Who may hear of it: whoever delivers the event knows what the client proved to be, and leaves it out for others. (Of
        /// a watch that was set again: everybody, since `exists` tells as much.)
        readers: Readers,
    },
    /// The session of a connection ended: the connection is to be closed.
    Over {
        /// Which.
        connection: ConnectionId,
    },
}

/// How many watches there are: the four-letter word `wchs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WatchCounts {
    /// Connections that watch.
    pub connections: usize,
    /// Paths that are watched.
    pub paths: usize,
    /// Watches.
    pub watches: usize,
    /// Bytes that they take.
    pub bytes: u64,
}

struct Attached {
    connection: ConnectionId,
    attachment: Attachment,
}

/// The watches and sessions of one member's connections.
#[derive(Default)]
pub struct Hub {
    table: Table,
    attached: BTreeMap<SessionId, Attached>,
    /// Whether a watch that watches what is below it was ever set.
    recursive: bool,
}

impl Hub {
    /// A hub without watches. From now on the store tells what it applies.
    #[must_use]
    pub fn new(store: &mut Store) -> Self {
        Self::bounded(store, WatchBounds::NONE)
    }

    /// Such a hub, with bounds on its watches.
    #[must_use]
    pub fn bounded(store: &mut Store, bounds: WatchBounds) -> Self {
        store.observed = true;
        Self {
            table: Table::new(bounds),
            ..Self::default()
        }
    }

    /// A connection holds a session from now on. If another one of this member held it, or a newer attachment is here already, that
    /// connection (or this one) is over: it is returned. One of another member hears of it at its next write, as in ZooKeeper.
    #[must_use]
    pub fn attach(
        &mut self,
        session: SessionId,
        attachment: Attachment,
        connection: ConnectionId,
    ) -> Option<ConnectionId> {
        let there = self.attached.get(&session);
        if there.is_some_and(|there| there.attachment > attachment) {
            return Some(connection);
        }
        let new = Attached {
            connection,
            attachment,
        };
        let old = self.attached.insert(session, new);
        old.map(|old| old.connection)
    }

    /// The connection by which a session is attached to this member.
    #[must_use]
    pub fn connection_of(&self, session: SessionId) -> Option<ConnectionId> {
        self.attached.get(&session).map(|there| there.connection)
    }

    /// A connection is gone, with its watches; the session lives on.
    pub fn leave(&mut self, session: SessionId, connection: ConnectionId) {
        self.table.leave(connection);
        if self
            .attached
            .get(&session)
            .is_some_and(|attached| attached.connection == connection)
        {
            self.attached.remove(&session);
        }
    }

    /// Sets a watch.
    ///
    /// # Errors
    /// At the bounds. Nothing is set then.
    pub fn watch(
        &mut self,
        connection: ConnectionId,
        path: &str,
        mode: WatchMode,
    ) -> Result<(), WatchesFull> {
        self.recursive |= mode == WatchMode::PersistentRecursive;
        self.table.add(connection, path, mode)
    }

    /// Whether a connection has a watch of a path, in one of these modes.
    #[must_use]
    pub fn watches(&self, connection: ConnectionId, path: &str, modes: &[WatchMode]) -> bool {
        modes
            .iter()
            .any(|mode| self.table.has(connection, path, *mode))
    }

    /// Removes the watches of a connection on a path in these modes; false if there was none.
    pub fn unwatch(&mut self, connection: ConnectionId, path: &str, modes: &[WatchMode]) -> bool {
        let removed = modes
            .iter()
            .filter(|mode| self.table.remove(connection, path, **mode));
        removed.count() > 0
    }

    /// Sets the watches of a client that connected anew, and says what they missed since `seen`, in the order in which they are
    /// given.
    ///
    /// # Errors
    /// At the bounds. The connection has lost watches then, and is to end.
    pub fn set_again(
        &mut self,
        store: &Store,
        connection: ConnectionId,
        seen: Zxid,
        watches: &SetAgain<'_>,
    ) -> Result<Vec<Notice>, WatchesFull> {
        self.recursive |= !watches.persistent_recursive.is_empty();
        let missed = set_again::missed(store, seen, watches);
        let mut notices = Vec::new();
        for (path, mode, event) in missed {
            match event.filter(|_| !mutated("znode.watch.missed_while_away")) {
                Some(kind) => notices.push(Notice::Event {
                    to: connection,
                    kind,
                    path: path.into(),
                    readers: Readers::ALL,
                }),
                None => self.table.add(connection, path, mode)?,
            }
        }
        Ok(notices)
    }

    /// Calls `notify` with what was applied up to `until`, in order.
    pub fn advance(&mut self, store: &mut Store, until: Zxid, mut notify: impl FnMut(Notice)) {
        let due = store
            .changes
            .iter()
            .take_while(|change| change.zxid <= until)
            .count();
        for change in store.changes.drain(..due) {
            self.changed(&change, &mut notify);
        }
    }

    fn changed(&mut self, change: &Change, notify: &mut impl FnMut(Notice)) {
        match &change.what {
            What::Created(node) => {
                self.trigger(node, EventKind::Created, notify);
                self.trigger_parent(node, notify);
            }
            What::Deleted(node) => {
                if !mutated("znode.watch.loses_deletion") {
                    self.trigger(node, EventKind::Deleted, notify);
                }
                self.trigger_parent(node, notify);
            }
            What::Written(node) => self.trigger(node, EventKind::DataChanged, notify),
            What::Ended(session) => {
                if let Some(attached) = self.attached.remove(session) {
                    notify(Notice::Over {
                        connection: attached.connection,
                    });
                }
            }
        }
    }

    /// A connection that is concerned by several of its watches hears once.
    fn trigger(&mut self, node: &Node, kind: EventKind, notify: &mut impl FnMut(Notice)) {
        let Node { path, readers, .. } = node;
        let mut heard = BTreeSet::new();
        let recursive = self.recursive;
        let event = |to| Notice::Event {
            to,
            kind,
            path: Arc::clone(path),
            readers: readers.clone(),
        };
        self.table.fire(path, kind, &mut |to| {
            if recursive {
                heard.insert(to);
            }
            notify(event(to));
        });
        if recursive {
            for to in self.table.above(path) {
                if heard.insert(to) {
                    notify(event(to));
                }
            }
        }
    }

    fn trigger_parent(&mut self, node: &Node, notify: &mut impl FnMut(Notice)) {
        let kind = EventKind::ChildrenChanged;
        if let Some(parent) = Path::of_node(&node.path).parent().map(Path::as_str) {
            self.table.fire(parent, kind, &mut |to| {
                notify(Notice::Event {
                    to,
                    kind,
                    path: parent.into(),
                    readers: node.parent_readers.clone(),
                });
            });
        }
    }

    /// How many watches there are.
    #[must_use]
    pub fn counts(&self) -> WatchCounts {
        self.table.counts()
    }

    /// The watched paths of each connection, in order: the four-letter word `wchc`.
    pub fn by_connection(
        &self,
    ) -> impl Iterator<Item = (ConnectionId, impl Iterator<Item = &str>)> {
        self.table.by_connection()
    }

    /// The connections of each watched path, in order: the four-letter word `wchp`.
    pub fn by_path(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = ConnectionId>)> {
        self.table.by_path()
    }

    /// Checks the hub's invariants.
    ///
    /// # Panics
    /// With the evidence if one does not hold.
    pub fn invariants(&self) {
        self.table.invariants();
    }
}
