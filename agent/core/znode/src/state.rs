//! The replicated state: nodes, sessions, access control lists, limits, and the number of the last change.
//!
//! Only this file changes what it holds, so its sums are right wherever a command ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_tree::{Edit, Entry, Tree};
use xxhash_rust::xxh3::xxh3_64;

use crate::acl::{Acl, Id, Permissions};
use crate::acl_table::{AclTable, OPEN};
use crate::command::Limits;
use crate::incarnation::Incarnation;
use crate::kind::Kind;
use crate::lock::Released;
use crate::node::{Blob, COST_BYTES, Fields, Held, INLINE_MAX, Packed};
use crate::path::{Key, Path};
use crate::session::{self, Session, SessionId};
use crate::zxid::Zxid;

/// The nodes that every tree has from the start and that are never deleted.
pub(crate) const SPECIAL: [&str; 4] = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

/// Sums over the state, maintained with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// What counts against the quota.
    pub(crate) bytes: u64,
    /// Of paths and data alone, as `approximateDataSize` counts.
    pub(crate) data_bytes: u64,
    nodes_digest: u64,
    sessions_digest: u64,
}

impl Tally {
    fn of(packed: &Packed, blob: Option<&[u8]>) -> (u64, u64) {
        let data_bytes = packed.path().len() + packed.unpack().1.len();
        let digest = packed.digest() ^ blob.map_or(0, xxh3_64);
        (data_bytes as u64, digest)
    }

    fn add(&mut self, packed: &Packed, blob: Option<&[u8]>) {
        let (data_bytes, digest) = Self::of(packed, blob);
        self.bytes += data_bytes + COST_BYTES;
        self.data_bytes += data_bytes;
        self.nodes_digest = self.nodes_digest.wrapping_add(digest);
    }

    fn subtract(&mut self, packed: &Packed, blob: Option<&[u8]>) {
        let (data_bytes, digest) = Self::of(packed, blob);
        self.bytes -= data_bytes + COST_BYTES;
        self.data_bytes -= data_bytes;
        self.nodes_digest = self.nodes_digest.wrapping_sub(digest);
    }

    fn add_session(&mut self, session: &Session) {
        self.bytes += session::COST_BYTES;
        self.sessions_digest = self.sessions_digest.wrapping_add(session.digest());
    }

    fn subtract_session(&mut self, session: &Session) {
        self.bytes -= session::COST_BYTES;
        self.sessions_digest = self.sessions_digest.wrapping_sub(session.digest());
    }
}

/// Everything that is replicated. A clone pins it.
///
/// Invariants: 1. the parent of each node is there, and counts it; 2. data is in `blobs` exactly for the nodes that say so; 3. the
/// tally is the sum over everything; 4. the lists that nodes name are there and count them; 5. the session of each ephemeral node
/// is there; an ephemeral node has no children.
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) zxid: Zxid,
    /// The first half of the service's fencing tokens.
    pub(crate) incarnation: Incarnation,
    pub(crate) nodes: Tree<Packed>,
    pub(crate) blobs: Tree<Blob>,
    pub(crate) sessions: Tree<Session>,
    pub(crate) acls: AclTable,
    pub(crate) released: Released,
    pub(crate) limits: Limits,
    pub(crate) tally: Tally,
}

/// What a node was before a change.
pub(crate) struct Before {
    packed: Packed,
    blob: Option<Arc<[u8]>>,
}

impl Before {
    pub(crate) fn fields(&self) -> Fields {
        self.packed.unpack().0
    }

    pub(crate) fn data_len(&self) -> usize {
        self.packed.unpack().1.len()
    }
}

/// What becomes of a node's data.
pub(crate) enum Data<'a> {
    Keep,
    Set(Option<&'a [u8]>),
}

/// The data of a node, or that it has none.
pub(crate) type Content<'a> = Option<&'a [u8]>;

impl State {
    pub(crate) fn empty() -> Self {
        Self {
            zxid: Zxid(0),
            incarnation: Incarnation::NONE,
            nodes: Tree::default(),
            blobs: Tree::default(),
            sessions: Tree::default(),
            acls: AclTable::default(),
            released: Released::default(),
            limits: Limits::default(),
            tally: Tally::default(),
        }
    }

    /// With the nodes that are always there, as a new ZooKeeper has them: their zxids and times are 0.
    pub(crate) fn founded() -> Self {
        let mut state = Self::empty();
        let config = Acl {
            permissions: Permissions::READ,
            id: Id::anyone(),
        };
        let readable = state.acls.intern(vec![config]);
        for path in SPECIAL {
            let children = SPECIAL
                .iter()
                .filter(|other| Path::of_node(other).parent() == Some(Path::of_node(path)));
            let mut fields = Fields::new(Zxid(0), 0, Kind::Persistent, OPEN);
            fields.children = children.count() as u32;
            if path == "/zookeeper/config" {
                (fields.acl, fields.aversion) = (readable, -1);
            }
            state.insert(&Key::of(path), &fields, Some(&[]));
        }
        state.acls.sweep();
        state
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Packed> {
        self.nodes.get(key.bytes())
    }

    pub(crate) fn fields(&self, key: &Key) -> Option<Fields> {
        self.get(key).map(|packed| packed.unpack().0)
    }

    /// A node's fields and data.
    pub(crate) fn read(&self, key: &Key) -> Option<(Fields, Content<'_>)> {
        let (fields, held) = self.get(key)?.unpack();
        let content = match held {
            Held::None => None,
            Held::Inline(data) => Some(data),
            Held::Large(_) => Some(&**self.blob(key)),
        };
        Some((fields, content))
    }

    fn blob(&self, key: &Key) -> &Arc<[u8]> {
        let blob = self.blobs.get(key.bytes());
        &blob.expect("large data is beside its node").data
    }

    pub(crate) fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&session::key(id))
    }

    /// Adds a node. Its parent is there and counts it already; it is not.
    pub(crate) fn insert(&mut self, key: &Key, fields: &Fields, data: Content<'_>) {
        let (held, blob) = hold(data);
        self.put(key, Packed::new(key.bytes(), fields, &held), blob);
    }

    /// Changes a node that is there; gives what it was, and the fields that it has now.
    pub(crate) fn change(
        &mut self,
        key: &Key,
        data: Data<'_>,
        change: impl FnOnce(&mut Fields),
    ) -> (Before, Fields) {
        let packed = self.get(key).expect("a node that is changed is there");
        let (mut fields, kept) = packed.unpack();
        change(&mut fields);
        let (packed, blob) = match data {
            Data::Keep => {
                let blob = matches!(kept, Held::Large(_)).then(|| Arc::clone(self.blob(key)));
                (Packed::new(key.bytes(), &fields, &kept), blob)
            }
            Data::Set(data) => {
                let (held, blob) = hold(data);
                (Packed::new(key.bytes(), &fields, &held), blob)
            }
        };
        let before = self.put(key, packed, blob);
        (before.expect("it was found"), fields)
    }

    /// Removes a node that is there.
    pub(crate) fn remove(&mut self, key: &Key) -> Before {
        let packed = self.nodes.remove(key.bytes());
        let packed = packed.expect("a node that is removed is there");
        let blob = self.set_blob(key, &packed, None);
        self.subtract(&packed, blob.as_deref());
        Before { packed, blob }
    }

    /// Puts back what was, for a transaction that fails.
    pub(crate) fn undo_to(&mut self, key: &Key, before: Option<Before>) {
        match before {
            Some(before) => {
                self.put(key, before.packed, before.blob);
            }
            None => {
                self.remove(key);
            }
        }
    }

    fn put(&mut self, key: &Key, packed: Packed, blob: Option<Arc<[u8]>>) -> Option<Before> {
        self.add(&packed, blob.as_deref());
        let before = self.nodes.edit(key.bytes(), |found| match found {
            Some(found) => (Edit::Keep, Some(std::mem::replace(found, packed.clone()))),
            None => (Edit::Insert(packed.clone()), None),
        });
        let Some(before) = before else {
            if let Some(blob) = blob {
                self.blobs.insert(Blob::new(key.clone(), blob));
            }
            return None;
        };
        let old = self.set_blob(key, &before, blob);
        self.subtract(&before, old.as_deref());
        Some(Before {
            packed: before,
            blob: old,
        })
    }

    /// Sets what is beside a node that was `before`; gives what was there.
    fn set_blob(
        &mut self,
        key: &Key,
        before: &Packed,
        blob: Option<Arc<[u8]>>,
    ) -> Option<Arc<[u8]>> {
        let had = matches!(before.unpack().1, Held::Large(_));
        let old = had.then(|| self.blobs.remove(key.bytes())).flatten();
        if let Some(blob) = blob {
            self.blobs.insert(Blob::new(key.clone(), blob));
        }
        old.map(|blob| blob.data)
    }

    fn add(&mut self, packed: &Packed, blob: Option<&[u8]>) {
        self.acls.count(packed.unpack().0.acl, true);
        self.tally.add(packed, blob);
    }

    fn subtract(&mut self, packed: &Packed, blob: Option<&[u8]>) {
        self.acls.count(packed.unpack().0.acl, false);
        self.tally.subtract(packed, blob);
    }

    pub(crate) fn put_session(&mut self, session: Session) {
        self.remove_session(session.id());
        self.tally.add_session(&session);
        self.sessions.insert(session);
    }

    pub(crate) fn remove_session(&mut self, id: SessionId) -> Option<Session> {
        let session = self.sessions.remove(&session::key(id))?;
        self.tally.subtract_session(&session);
        Some(session)
    }

    /// The bytes that count against the quota.
    pub(crate) const fn bytes(&self) -> u64 {
        self.tally.bytes + self.acls.bytes()
    }

    pub(crate) fn digest(&self) -> u64 {
        let parts = [
            self.zxid.0 as u64,
            self.incarnation.founded_ms(),
            self.tally.nodes_digest,
            self.tally.sessions_digest,
            self.acls.digest(),
            self.acls.next(),
            self.released.digest(),
            self.limits.quota_bytes,
            u64::from(self.limits.enforce_quotas),
            u64::from(self.limits.timeout_ms_min),
            u64::from(self.limits.timeout_ms_max),
        ];
        let bytes: Vec<u8> = parts.into_iter().flat_map(u64::to_le_bytes).collect();
        xxh3_64(&bytes)
    }

    /// Whether every node is counted by its parent, and every ephemeral one has its session.
    pub(crate) fn is_whole(&self) -> bool {
        let mut children: BTreeMap<&str, u32> = BTreeMap::new();
        for packed in self.nodes.iter() {
            if let Some(parent) = Path::of_node(packed.path()).parent() {
                *children.entry(parent.as_str()).or_default() += 1;
            }
        }
        let counted = self.nodes.iter().all(|packed| {
            let fields = packed.unpack().0;
            let counted = fields.children == children.remove(packed.path()).unwrap_or(0);
            let owned = fields
                .kind
                .session()
                .is_none_or(|id| self.session(id).is_some() && fields.children == 0);
            counted && owned
        });
        counted
            && children.is_empty()
            && SPECIAL
                .iter()
                .all(|path| self.get(&Key::of(path)).is_some())
    }

    /// Checks everything, in time linear in the state.
    pub(crate) fn invariants_deep(&self) {
        self.nodes.invariants();
        self.blobs.invariants();
        self.sessions.invariants();
        self.released.invariants();
        assert!(
            self.is_whole(),
            "parents count their children, and ephemeral nodes have their sessions"
        );
        let mut named: BTreeMap<u64, u64> = BTreeMap::new();
        let mut tally = Tally::default();
        let mut large = 0;
        for packed in self.nodes.iter() {
            let (fields, held) = packed.unpack();
            if fields.acl != OPEN {
                *named.entry(fields.acl).or_default() += 1;
            }
            let key = Key::from_bytes(packed.key());
            let blob = matches!(held, Held::Large(_)).then(|| self.blob(&key));
            if let Some(blob) = blob {
                assert_eq!(blob.len(), held.len(), "the length of large data");
                large += 1;
            }
            tally.add(packed, blob.map(|blob| &**blob));
        }
        for session in self.sessions.iter() {
            tally.add_session(session);
        }
        assert_eq!(large, self.blobs.len(), "large data without its node");
        assert_eq!(tally, self.tally, "the sums over the state");
        self.acls.invariants(&named);
    }

    /// The children of a node, in the order of their names.
    pub(crate) fn children(&self, key: &Key) -> Vec<&str> {
        let (start, end) = key.children();
        let prefix = start.path().len();
        let children = self.nodes.range(start.bytes(), Some(end.bytes()));
        children.map(|packed| &packed.path()[prefix..]).collect()
    }
}

/// Calls `visit` with a node and everything below it.
pub(crate) fn walk<'a>(nodes: &'a Tree<Packed>, key: &Key, mut visit: impl FnMut(&'a Packed)) {
    let mut ahead: Vec<&Packed> = nodes.get(key.bytes()).into_iter().collect();
    while let Some(packed) = ahead.pop() {
        visit(packed);
        if packed.unpack().0.children > 0 {
            let (start, end) = Key::from_bytes(packed.key()).children();
            ahead.extend(nodes.range(start.bytes(), Some(end.bytes())));
        }
    }
}

fn hold(data: Content<'_>) -> (Held<'_>, Option<Arc<[u8]>>) {
    match data {
        None => (Held::None, None),
        Some(data) if data.len() <= INLINE_MAX => (Held::Inline(data), None),
        Some(data) => (Held::Large(data.len()), Some(data.into())),
    }
}
