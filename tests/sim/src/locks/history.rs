//! What every node was after every zxid, by the model.

use std::collections::{BTreeMap, BTreeSet};

use synod_znode::{EventKind, Stat, WatchMode, Zxid};

use super::tree::{Happened, Tree, parent};

/// A node as it was: its data and its stat.
pub(super) type Shown = (Option<Vec<u8>>, Stat);

/// What was.
#[derive(Clone, Default)]
pub(super) struct History {
    versions: BTreeMap<String, Vec<(Zxid, Option<Shown>)>>,
    /// Everything that happened, in order.
    pub(super) happened: Vec<Happened>,
}

impl History {
    /// A command was applied to the tree.
    pub(super) fn add(&mut self, tree: &mut Tree) {
        let events = std::mem::take(&mut tree.events);
        let paths: BTreeSet<&str> = events.iter().map(|event| event.path.as_str()).collect();
        for path in paths {
            let shown = tree.has(path).then(|| {
                let data = tree.data(path, &[]).unwrap_or_default();
                (data, tree.stat(path))
            });
            let versions = self.versions.entry(path.to_owned()).or_default();
            versions.push((tree.zxid, shown));
        }
        self.happened.extend(events);
    }

    /// A node as it was after `zxid`.
    pub(super) fn at(&self, path: &str, zxid: Zxid) -> Option<&Shown> {
        let versions = self.versions.get(path)?;
        let count = versions.partition_point(|(at, _)| *at <= zxid);
        versions[..count].last()?.1.as_ref()
    }

    /// The names of a node's children as they were after `zxid`.
    pub(super) fn children(&self, path: &str, zxid: Zxid) -> Vec<&str> {
        let all = self.versions.keys();
        all.filter(|child| child.as_str() != "/" && parent(child) == path)
            .filter(|child| self.at(child, zxid).is_some())
            .filter_map(|child| child.rsplit('/').next())
            .collect()
    }

    /// How many nodes there were below one after `zxid`, at any depth.
    pub(super) fn count_below(&self, path: &str, zxid: Zxid) -> usize {
        let is_below = |one: &&String| {
            let rest = one.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let all = self.versions.keys().filter(is_below);
        all.filter(|one| self.at(one, zxid).is_some()).count()
    }

    /// The first thing that happened after `zxid`.
    pub(super) fn after(&self, zxid: Zxid) -> usize {
        self.happened.partition_point(|it| it.zxid <= zxid)
    }

    /// What a watch that is set again after `zxid` missed since `seen`.
    pub(super) fn missed(
        &self,
        (path, mode, exist): (&str, WatchMode, bool),
        seen: Zxid,
        zxid: Zxid,
    ) -> Option<EventKind> {
        let node = self.at(path, zxid).map(|(_, stat)| stat);
        match (mode, node) {
            (WatchMode::Data, Some(_)) if exist => Some(EventKind::Created),
            (WatchMode::Data, None) if exist => None,
            (WatchMode::Data | WatchMode::Child, None) => Some(EventKind::Deleted),
            (WatchMode::Data, Some(stat)) => (stat.mzxid > seen).then_some(EventKind::DataChanged),
            (WatchMode::Child, Some(stat)) => {
                (stat.pzxid > seen).then_some(EventKind::ChildrenChanged)
            }
            (WatchMode::Persistent | WatchMode::PersistentRecursive, _) => None,
        }
    }
}
