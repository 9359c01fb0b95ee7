//! Watches by path and by connection.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// All watches.
///
/// Invariants: 1. a path of a connection is in both maps or in none; 2. no modes are empty.
#[derive(Default)]
pub(super) struct Table {
    paths: BTreeMap<Arc<str>, BTreeMap<ConnectionId, Modes>>,
    connections: BTreeMap<ConnectionId, BTreeSet<Arc<str>>>,
}

impl Table {
    pub(super) fn add(&mut self, connection: ConnectionId, path: &str, mode: WatchMode) {
        if let Some(watchers) = self.paths.get_mut(path)
            && let Some(modes) = watchers.get_mut(&connection)
        {
            modes.add(mode);
            return;
        }
        let known = self
            .paths
            .get_key_value(path)
            .map(|(known, _)| Arc::clone(known));
        let path = known.unwrap_or_else(|| path.into());
        let watchers = self.paths.entry(Arc::clone(&path)).or_default();
        watchers.entry(connection).or_default().add(mode);
        self.connections.entry(connection).or_default().insert(path);
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
        if let Some(paths) = self.connections.get_mut(&connection) {
            paths.remove(path);
            if paths.is_empty() {
                self.connections.remove(&connection);
            }
        }
    }

    pub(super) fn leave(&mut self, connection: ConnectionId) {
        for path in self.connections.remove(&connection).into_iter().flatten() {
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
        for connection in done {
            watchers.remove(&connection);
            if let Some(paths) = self.connections.get_mut(&connection) {
                paths.remove(path);
                if paths.is_empty() {
                    self.connections.remove(&connection);
                }
            }
        }
        if watchers.is_empty() {
            self.paths.remove(path);
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
            watches: self.connections.values().map(BTreeSet::len).sum(),
        }
    }

    pub(super) fn by_connection(
        &self,
    ) -> impl Iterator<Item = (ConnectionId, impl Iterator<Item = &str>)> {
        let all = self.connections.iter();
        all.map(|(connection, paths)| (*connection, paths.iter().map(|path| &**path)))
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
            .flat_map(|(connection, paths)| {
                paths
                    .iter()
                    .map(move |path| (*connection, Arc::clone(path)))
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
            self.connections.values().all(|paths| !paths.is_empty()),
            "connections without a watch are not kept"
        );
    }
}
