//! `setWatches`, `setWatches2`: a client that connected anew says what it watches and what it has seen.

use super::{EventKind, WatchMode};
use crate::store::Store;
use crate::zxid::Zxid;

/// The watches of a client, by how they were set.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetAgain<'a> {
    /// Of nodes that were there, by `getData` and `exists`.
    pub data: &'a [&'a str],
    /// Of nodes that were not, by `exists`.
    pub exist: &'a [&'a str],
    /// Of children.
    pub child: &'a [&'a str],
    /// Persistent ones.
    pub persistent: &'a [&'a str],
    /// Persistent, recursive ones.
    pub persistent_recursive: &'a [&'a str],
}

/// Each watch as it is to be set, or the event that it missed instead (`DataTree.setWatches`). Persistent ones are only set: a
/// client that keeps something by them reads everything anew when it connects.
pub(super) fn missed<'a>(
    store: &Store,
    seen: Zxid,
    watches: &SetAgain<'a>,
) -> Vec<(&'a str, WatchMode, Option<EventKind>)> {
    let data = watches.data.iter().map(|path| {
        let event = match store.exists(path) {
            Err(_) => Some(EventKind::Deleted),
            Ok(stat) => (stat.mzxid > seen).then_some(EventKind::DataChanged),
        };
        (*path, WatchMode::Data, event)
    });
    let exist = watches.exist.iter().map(|path| {
        let event = store.exists(path).is_ok().then_some(EventKind::Created);
        (*path, WatchMode::Data, event)
    });
    let child = watches.child.iter().map(|path| {
        let event = match store.exists(path) {
            Err(_) => Some(EventKind::Deleted),
            Ok(stat) => (stat.pzxid > seen).then_some(EventKind::ChildrenChanged),
        };
        (*path, WatchMode::Child, event)
    });
    let only_set = |paths: &'a [&'a str], mode| paths.iter().map(move |path| (*path, mode, None));
    data.chain(exist)
        .chain(child)
        .chain(only_set(watches.persistent, WatchMode::Persistent))
        .chain(only_set(
            watches.persistent_recursive,
            WatchMode::PersistentRecursive,
        ))
        .collect()
}
