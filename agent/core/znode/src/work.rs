//! What a command does to nodes: the only way in which they change, so that counts, indexes, quotas and changes go with them, and
//! a transaction that fails leaves nothing.

use crate::acl::Readers;
use crate::change::{Change, Node, What};
use crate::derived::Derived;
use crate::incarnation::{INCARNATION_LEVEL, INCARNATION_PATH};
use crate::lock::Release;
use crate::lock::Released;
use crate::mutation::mutated;
use crate::node::Fields;
use crate::path::{Key, Path};
use crate::quota::{self, Track};
use crate::state::{Before, Content, Data, State};
use crate::store::Store;
use crate::zxid::Zxid;
use synod_machine::Stamp;

/// One request being applied.
pub(crate) struct Work<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) derived: &'a mut Derived,
    changes: &'a mut Vec<Change>,
    /// Whether anybody wants to hear of changes.
    observed: bool,
    pub(crate) zxid: Zxid,
    pub(crate) time_ms: u64,
    /// The feature level in force.
    level: u32,
    journal: Option<Journal>,
}

/// What a transaction has done so far.
struct Journal {
    /// Each node that was touched, with what it was, in order.
    nodes: Vec<(Key, Option<Before>)>,
    released: Released,
    changes: usize,
}

impl<'a> Work<'a> {
    pub(crate) fn new(store: &'a mut Store, zxid: Zxid, stamp: &Stamp) -> Self {
        Self {
            state: &mut store.state,
            derived: &mut store.derived,
            changes: &mut store.changes,
            observed: store.observed,
            zxid,
            time_ms: stamp.time_ms,
            level: stamp.level,
            journal: None,
        }
    }

    /// Whether a path is the service's own, though the tree holds nothing there.
    pub(crate) fn is_taken(&self, path: &str) -> bool {
        path == INCARNATION_PATH && self.level >= INCARNATION_LEVEL
    }

    /// From here on [`Work::roll_back`] undoes everything.
    pub(crate) fn begin(&mut self) {
        self.journal = Some(Journal {
            nodes: Vec::new(),
            released: self.state.released.clone(),
            changes: self.changes.len(),
        });
    }

    /// Undoes everything since [`Work::begin`].
    pub(crate) fn roll_back(&mut self) {
        let Some(journal) = self.journal.take() else {
            return;
        };
        if mutated("znode.multi.keeps_half") {
            return;
        }
        for (key, before) in journal.nodes.into_iter().rev() {
            let now = self.state.fields(&key);
            let was = before.as_ref().map(Before::fields);
            self.state.undo_to(&key, before);
            if let (Some(now), None) = (now, was) {
                self.derived.removed(&key, &now);
            }
            if let (None, Some(was)) = (now, was) {
                self.derived.added(&key, &was);
            }
        }
        self.state.released = journal.released;
        self.changes.truncate(journal.changes);
    }

    fn note(&mut self, key: &Key, before: Option<Before>) {
        if let Some(journal) = &mut self.journal {
            journal.nodes.push((key.clone(), before));
        }
    }

    fn tell(
        &mut self,
        what: fn(Node) -> What,
        path: Path<'_>,
        fields: &Fields,
        above: Option<&Fields>,
    ) {
        if self.observed {
            let readers = |fields: &Fields| Readers::of(self.state.acls.get(fields.acl));
            let node = Node {
                path: path.as_str().into(),
                readers: readers(fields),
                parent_readers: above.map_or(Readers::ALL, readers),
            };
            self.changes.push(Change {
                zxid: self.zxid,
                what: what(node),
            });
        }
    }

    /// Adds a node under a parent that is there and may have it.
    pub(crate) fn insert(&mut self, path: Path<'_>, fields: &Fields, data: Content<'_>) {
        let key = path.key();
        let zxid = self.zxid;
        let parent = path.parent().expect("the root is always there");
        let above = self.change(&parent.key(), Data::Keep, |parent| {
            parent.creates = parent.creates.wrapping_add(1);
            parent.children += 1;
            parent.pzxid = zxid;
        });
        self.state.insert(&key, fields, data);
        self.note(&key, None);
        self.derived.added(&key, fields);
        self.use_quota(path.as_str(), 1, data.map_or(0, <[u8]>::len) as i64);
        self.measure_quota(path.as_str());
        self.tell(What::Created, path, fields, Some(&above));
    }

    /// Removes a node without children.
    pub(crate) fn remove(&mut self, path: Path<'_>) {
        let key = path.key();
        let zxid = self.zxid;
        let before = self.state.remove(&key);
        let (fields, len) = (before.fields(), before.data_len());
        self.note(&key, Some(before));
        let parent = path.parent().expect("the root is never removed");
        let above = self.change(&parent.key(), Data::Keep, |parent| {
            parent.children -= 1;
            if !mutated("znode.delete.forgets_count") {
                parent.pzxid = zxid;
            }
        });
        self.release(parent, &key, &fields);
        self.use_quota(path.as_str(), -1, -(len as i64));
        self.tell(What::Deleted, path, &fields, Some(&above));
    }

    /// Takes a node out of the indexes; if it was a holder's, its lock is released now.
    fn release(&mut self, parent: Path<'_>, key: &Key, fields: &Fields) {
        if let Some(session) = self.derived.removed(key, fields).released_by {
            let release = Release {
                session,
                at_ms: self.time_ms,
                zxid: self.zxid,
            };
            self.state.released.insert(parent.as_str(), release);
        } else if fields.creates != 0 {
            // A lock that is deleted is not remembered.
            self.state.released.remove(key.path());
        }
    }

    /// Writes a node's data.
    pub(crate) fn write(&mut self, path: Path<'_>, data: Content<'_>) -> Fields {
        let (zxid, time_ms) = (self.zxid, self.time_ms);
        let key = path.key();
        let len = self
            .state
            .get(&key)
            .map_or(0, |packed| packed.unpack().1.len());
        let fields = self.change(&key, Data::Set(data), |fields| {
            fields.mzxid = zxid;
            fields.mtime = time_ms;
            fields.version = fields.version.wrapping_add(1);
        });
        self.use_quota(
            path.as_str(),
            0,
            data.map_or(0, <[u8]>::len) as i64 - len as i64,
        );
        self.tell(What::Written, path, &fields, None);
        fields
    }

    /// Changes a node that is there.
    pub(crate) fn change(
        &mut self,
        key: &Key,
        data: Data<'_>,
        change: impl FnOnce(&mut Fields),
    ) -> Fields {
        let (before, after) = self.state.change(key, data, change);
        self.note(key, Some(before));
        after
    }

    /// Counts what is used of the quota that concerns a path.
    fn use_quota(&mut self, path: &str, count: i64, bytes: i64) {
        if let Some(limited) = quota::concerning(self.derived, path) {
            let key = quota::stats_key(limited);
            if let Some((_, data)) = self.state.read(&key) {
                let mut used = Track::parse(data.unwrap_or_default());
                // What stands there a client may have written.
                used.count = used.count.saturating_add(count);
                used.bytes = used.bytes.saturating_add(bytes);
                self.set_used(&key, used);
            }
        }
    }

    /// A node of use that is created is filled with what is used.
    fn measure_quota(&mut self, path: &str) {
        if let Some(limited) = quota::used_by(path) {
            let used = quota::measure(self.state, limited);
            self.set_used(&Key::of(path), used);
        }
    }

    fn set_used(&mut self, key: &Key, used: Track) {
        self.change(key, Data::Set(Some(used.text().as_bytes())), |_| ());
    }
}
