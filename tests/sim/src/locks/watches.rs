//! The watches of a client as it remembers them, and which events it is due by the model.

use std::collections::BTreeMap;

use synod_jute::records::SetWatches2Request;
use synod_jute::{Text, Zxid as WireZxid};
use synod_znode::{EventKind, Path, WatchMode, Zxid};

use super::history::History;
use super::tree::Happened;

/// An event: what, and to which node.
pub(super) type Event = (EventKind, String);

/// The watches of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    /// Each with whether it waits for a node that was not there.
    all: BTreeMap<(String, WatchMode), bool>,
    /// What happened before this was told, as far as it concerns the client.
    pub(super) cursor: usize,
}

impl Watches {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn add(&mut self, path: &str, mode: WatchMode, exist: bool) {
        self.all.entry((path.to_owned(), mode)).or_insert(exist);
    }

    pub(super) fn remove(&mut self, path: &str) -> bool {
        let before = self.all.len();
        self.all.retain(|(watched, _), _| watched != path);
        self.all.len() < before
    }

    fn concerns((watched, mode): &(String, WatchMode), it: &Happened) -> bool {
        let here = *watched == it.path;
        match (mode, it.kind) {
            (WatchMode::Data, EventKind::ChildrenChanged) => false,
            (WatchMode::Data, _) => here,
            (WatchMode::Child, EventKind::ChildrenChanged | EventKind::Deleted) => here,
            (WatchMode::Child, _) => false,
            (WatchMode::Persistent, _) => here,
            (WatchMode::PersistentRecursive, EventKind::ChildrenChanged) => false,
            (WatchMode::PersistentRecursive, _) => {
                Path::parse(watched).is_ok_and(|watched| watched.holds(&it.path))
            }
        }
    }

    /// The next event that the client is due of what happened through `until`, which it is told with this.
    pub(super) fn next(&mut self, history: &History, until: Zxid) -> Option<(Zxid, Event)> {
        while let Some(it) = history.happened.get(self.cursor) {
            if it.zxid > until {
                return None;
            }
            self.cursor += 1;
            let due = self.all.keys().any(|watch| Self::concerns(watch, it));
            self.all.retain(|watch, _| {
                let once = matches!(watch.1, WatchMode::Data | WatchMode::Child);
                !(once && Self::concerns(watch, it))
            });
            if due {
                return Some((it.zxid, (it.kind, it.path.clone())));
            }
        }
        None
    }

    /// The request by which they are set again.
    pub(super) fn request(&self, seen: Zxid) -> SetWatches2Request {
        let of = |wanted: WatchMode, of_exist: bool| -> Vec<Text> {
            let all = self.all.iter();
            all.filter(|((_, mode), exist)| *mode == wanted && **exist == of_exist)
                .map(|((path, _), _)| Text::from(path.as_str()))
                .collect()
        };
        SetWatches2Request {
            relative_zxid: WireZxid(seen.0),
            data_watches: of(WatchMode::Data, false),
            exist_watches: of(WatchMode::Data, true),
            child_watches: of(WatchMode::Child, false),
            persistent_watches: of(WatchMode::Persistent, false),
            persistent_recursive_watches: of(WatchMode::PersistentRecursive, false),
        }
    }

    /// They are set again in the state of `zxid`: the events that they missed since `seen`, in the order of the request.
    pub(super) fn set_again(&mut self, history: &History, seen: Zxid, zxid: Zxid) -> Vec<Event> {
        let mut order: Vec<_> = self
            .all
            .iter()
            .map(|(key, exist)| (key.clone(), *exist))
            .collect();
        order.sort_by_key(|((path, mode), exist)| (*mode, *exist, path.clone()));
        let mut missed = Vec::new();
        for ((path, mode), exist) in order {
            if let Some(kind) = history.missed((&path, mode, exist), seen, zxid) {
                missed.push((kind, path.clone()));
                self.all.remove(&(path, mode));
            }
        }
        self.cursor = history.after(zxid);
        missed
    }
}
