//! What follows from the nodes, and is looked up by something else than their path. Not part of snapshots.

use std::collections::{BTreeMap, BTreeSet};

use synod_tree::Entry;

use crate::kind::Kind;
use crate::lock::Index;
use crate::node::Fields;
use crate::path::{Key, Path};
use crate::quota;
use crate::session::SessionId;
use crate::state::State;

/// Indexes over the nodes.
///
/// Invariant: it is what [`Derived::of`] makes of the state.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Derived {
    ephemerals: BTreeMap<SessionId, BTreeSet<Key>>,
    /// Containers and nodes with a time to live.
    pub(crate) reaped: BTreeSet<Key>,
    /// The paths that have limits.
    pub(crate) limited: BTreeSet<Box<str>>,
    pub(crate) locks: Index,
    ephemeral_count: usize,
}

/// What the removal of a node means.
pub(crate) struct Removed {
    /// Whose lock this released.
    pub(crate) released_by: Option<SessionId>,
}

impl Derived {
    pub(crate) fn of(state: &State) -> Self {
        let mut derived = Self::default();
        for packed in state.nodes.iter() {
            derived.added(&Key::from_bytes(packed.key()), &packed.unpack().0);
        }
        derived
    }

    pub(crate) fn added(&mut self, key: &Key, fields: &Fields) {
        if let Some(limited) = quota::limited_by(key.path()) {
            self.limited.insert(limited.into());
        }
        if fields.kind.is_reaped() {
            self.reaped.insert(key.clone());
        }
        if let Kind::Ephemeral(session) = fields.kind {
            self.ephemeral_count += 1;
            self.ephemerals
                .entry(session)
                .or_default()
                .insert(key.clone());
            let (lock, name) = place(key.path());
            self.locks.enter(lock, name);
        }
    }

    pub(crate) fn removed(&mut self, key: &Key, fields: &Fields) -> Removed {
        let mut removed = Removed { released_by: None };
        if let Some(limited) = quota::limited_by(key.path()) {
            self.limited.remove(limited);
        }
        if fields.kind.is_reaped() {
            self.reaped.remove(key);
        }
        if let Kind::Ephemeral(session) = fields.kind {
            self.ephemeral_count -= 1;
            if let Some(keys) = self.ephemerals.get_mut(&session) {
                keys.remove(key);
                if keys.is_empty() {
                    self.ephemerals.remove(&session);
                }
            }
            let (lock, name) = place(key.path());
            removed.released_by = self.locks.leave(lock, name).then_some(session);
        }
        removed
    }

    /// The ephemeral nodes of a session, in order.
    pub(crate) fn ephemerals(&self, session: SessionId) -> impl Iterator<Item = &Key> {
        self.ephemerals.get(&session).into_iter().flatten()
    }

    /// How many they are.
    pub(crate) fn ephemeral_count_of(&self, session: SessionId) -> usize {
        self.ephemerals.get(&session).map_or(0, BTreeSet::len)
    }

    /// Every session that has ephemeral nodes, with them.
    pub(crate) fn all_ephemerals(&self) -> impl Iterator<Item = (SessionId, &BTreeSet<Key>)> {
        self.ephemerals
            .iter()
            .map(|(session, keys)| (*session, keys))
    }

    pub(crate) const fn ephemeral_count(&self) -> usize {
        self.ephemeral_count
    }
}

/// The parent's path, and the name.
fn place(path: &str) -> (&str, &str) {
    let path = Path::of_node(path);
    (path.parent().unwrap_or(Path::ROOT).as_str(), path.name())
}
