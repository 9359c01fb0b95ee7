//! Watches by path and by connection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::bounds::{WATCH_OVERHEAD_BYTES, WatchBounds, WatchesFull};
use super::{ConnectionId, EventKind, WatchCounts, WatchMode};
use crate::mutation::mutated;
use crate::path::Path;

/// The modes in which one connection watches one path, a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Modes(u8);

impl Modes {
    const fn bit(mode: WatchMode) -> u8 {
        1 << mode as u8
    }

    const fn has(self, mode: WatchMode) -> bool {
        self.0 & Self::bit(mode) != 0
    }

    const fn add(&mut self, mode: WatchMode) {
        self.0 |= Self::bit(mode);
    }

    const fn remove(&mut self, mode: WatchMode) {
        self.0 &= !Self::bit(mode);
    }

    /// Whether an event of a node concerns a watch of that node; what it hears once is taken out.
    fn fire(&mut self, kind: EventKind) -> bool {
        let once = match kind {
            EventKind::Created | EventKind::DataChanged => Self::bit(WatchMode::Data),
            EventKind::Deleted => Self::bit(WatchMode::Data) | Self::bit(WatchMode::Child),
            EventKind::ChildrenChanged => Self::bit(WatchMode::Child),
        };
        let stays = match kind {
            EventKind::ChildrenChanged => Self::bit(WatchMode::Persistent),
            _ => Self::bit(WatchMode::Persistent) | Self::bit(WatchMode::PersistentRecursive),
        };
        let concerned = self.0 & (once | stays) != 0;
        if !mutated("znode.watch.fires_twice") {
            self.0 &= !once;
        }
        concerned
    }
}

/// The paths that a connection watches.
#[derive(Default)]
struct Watched {
    paths: BTreeSet<Arc<str>>,
    bytes: u64,
}

const fn cost(path: &str) -> u64 {
    path.len() as u64 + WATCH_OVERHEAD_BYTES
}

/// All watches.
///
/// Invariants: 1. a path of a connection is in both maps or in none; 2. no modes are empty; 3. bytes are counted, and within the
/// bounds.
#[derive(Default)]
pub(super) struct Table {
    paths: BTreeMap<Arc<str>, BTreeMap<ConnectionId, Modes>>,
    connections: BTreeMap<ConnectionId, Watched>,
    bytes: u64,
    bounds: WatchBounds,
}

impl Table {
    pub(super) fn new(bounds: WatchBounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    pub(super) fn add(
        &mut self,
        connection: ConnectionId,
        path: &str,
        mode: WatchMode,
    ) -> Result<(), WatchesFull> {
        if let Some(watchers) = self.paths.get_mut(path)
            && let Some(modes) = watchers.get_mut(&connection)
        {
            modes.add(mode);
            return Ok(());
        }
        let cost = cost(path);
        let has = self.connections.get(&connection).map_or(0, |has| has.bytes);
        if has + cost > self.bounds.connection_bytes_max {
            return Err(WatchesFull::Connection);
        }
        if self.bytes + cost > self.bounds.bytes_max {
            return Err(WatchesFull::Member);
        }
        let known = self
            .paths
            .get_key_value(path)
            .map(|(known, _)| Arc::clone(known));
        let path = known.unwrap_or_else(|| path.into());
        let watchers = self.paths.entry(Arc::clone(&path)).or_default();
        watchers.entry(connection).or_default().add(mode);
        let watched = self.connections.entry(connection).or_default();
        watched.paths.insert(path);
        watched.bytes += cost;
        self.bytes += cost;
        Ok(())
    }

    pub(super) fn has(&self, connection: ConnectionId, path: &str, mode: WatchMode) -> bool {
        let modes = self
            .paths
            .get(path)
            .and_then(|watchers| watchers.get(&connection));
        modes.is_some_and(|modes| modes.has(mode))
    }

    pub(super) fn remove(&mut self, connection: ConnectionId, path: &str, mode: WatchMode) -> bool {
        let had = self.has(connection, path, mode);
        if had {
            let watchers = self.paths.get_mut(path).expect("it was found");
            let modes = watchers.get_mut(&connection).expect("it was found");
            modes.remove(mode);
            if modes.0 == 0 {
                watchers.remove(&connection);
                self.forget(connection, path);
            }
        }
        had
    }

    /// A connection watches a path no more: `paths` knows it already.
    fn forget(&mut self, connection: ConnectionId, path: &str) {
        if self.paths.get(path).is_some_and(BTreeMap::is_empty) {
            self.paths.remove(path);
        }
        self.strike(connection, path);
    }

    /// Takes a path off a connection's.
    fn strike(&mut self, connection: ConnectionId, path: &str) {
        let Some(watched) = self.connections.get_mut(&connection) else {
            return;
        };
        if watched.paths.remove(path) {
            watched.bytes -= cost(path);
            self.bytes -= cost(path);
        }
        if watched.paths.is_empty() {
            self.connections.remove(&connection);
        }
    }

    pub(super) fn leave(&mut self, connection: ConnectionId) {
        let watched = self.connections.remove(&connection).unwrap_or_default();
        self.bytes -= watched.bytes;
        for path in watched.paths {
            if let Some(watchers) = self.paths.get_mut(&path) {
                watchers.remove(&connection);
                if watchers.is_empty() {
                    self.paths.remove(&path);
                }
            }
        }
    }

    /// Calls `event` for every connection whose watch of this path an event concerns.
    pub(super) fn fire(
        &mut self,
        path: &str,
        kind: EventKind,
        event: &mut impl FnMut(ConnectionId),
    ) {
        let Some(watchers) = self.paths.get_mut(path) else {
            return;
        };
        let mut done = Vec::new();
        for (connection, modes) in watchers.iter_mut() {
            if modes.fire(kind) {
                event(*connection);
            }
            if modes.0 == 0 {
                done.push(*connection);
            }
        }
        for connection in &done {
            watchers.remove(connection);
        }
        if watchers.is_empty() {
            self.paths.remove(path);
        }
        for connection in done {
            self.strike(connection, path);
        }
    }

    /// The connections that watch what is below a node above this one, each as often as it does.
    pub(super) fn above<'a>(&'a self, path: &'a str) -> impl Iterator<Item = ConnectionId> + 'a {
        let above = Path::of_node(path).and_above().skip(1);
        let watchers = above
            .filter_map(|path| self.paths.get(path.as_str()))
            .flatten();
        let watchers = watchers.filter(|(_, modes)| modes.has(WatchMode::PersistentRecursive));
        watchers.map(|(connection, _)| *connection)
    }

    pub(super) fn counts(&self) -> WatchCounts {
        WatchCounts {
            connections: self.connections.len(),
            paths: self.paths.len(),
            watches: self.connections.values().map(|it| it.paths.len()).sum(),
            bytes: self.bytes,
        }
    }

    pub(super) fn by_connection(
        &self,
    ) -> impl Iterator<Item = (ConnectionId, impl Iterator<Item = &str>)> {
        let all = self.connections.iter();
        all.map(|(connection, watched)| {
            let paths = watched.paths.iter();
            (*connection, paths.map(|path| &**path))
        })
    }

    pub(super) fn by_path(
        &self,
    ) -> impl Iterator<Item = (&str, impl Iterator<Item = ConnectionId>)> {
        let all = self.paths.iter();
        all.map(|(path, watchers)| (&**path, watchers.keys().copied()))
    }

    pub(super) fn invariants(&self) {
        let of_paths: BTreeSet<_> = self
            .paths
            .iter()
            .flat_map(|(path, watchers)| {
                watchers
                    .keys()
                    .map(move |connection| (*connection, Arc::clone(path)))
            })
            .collect();
        let of_connections: BTreeSet<_> = self
            .connections
            .iter()
            .flat_map(|(connection, watched)| {
                let paths = watched.paths.iter();
                paths.map(move |path| (*connection, Arc::clone(path)))
            })
            .collect();
        assert_eq!(
            of_paths, of_connections,
            "watches by path and by connection"
        );
        let empty = self
            .paths
            .values()
            .any(|watchers| watchers.is_empty() || watchers.values().any(|modes| modes.0 == 0));
        assert!(!empty, "no watch is of no mode");
        assert!(
            self.connections.values().all(|it| !it.paths.is_empty()),
            "connections without a watch are not kept"
        );
        let mut bytes = 0;
        for watched in self.connections.values() {
            let counted: u64 = watched.paths.iter().map(|path| cost(path)).sum();
            assert_eq!(watched.bytes, counted, "bytes of a connection's watches");
            assert!(counted <= self.bounds.connection_bytes_max);
            bytes += counted;
        }
        assert_eq!(self.bytes, bytes, "bytes of all watches");
        assert!(bytes <= self.bounds.bytes_max);
    }
}
