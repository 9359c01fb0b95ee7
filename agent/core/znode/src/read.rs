//! Reads: what clients ask of nodes, and what people ask of the service.

use crate::acl::{Acl, Id, Permissions};
use crate::error::Error;
use crate::lock::{Contender, Lock, Mode, Place, Places, Token};
use crate::node::{Fields, Packed, Stat};
use crate::path::{Key, Path};
use crate::session::{Session, SessionId};
use crate::state::walk;
use crate::store::Store;
use synod_tree::Tree;

/// How large everything is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes that count against the bound: paths, data, lists, and a fixed amount for each node and session.
    pub bytes: u64,
    /// The bound in force.
    pub quota_bytes: u64,
    /// Bytes of paths and data: ZooKeeper's `approximate_data_size`.
    pub data_bytes: u64,
    /// Nodes.
    pub nodes: u64,
    /// Of these, ephemeral ones.
    pub ephemerals: u64,
    /// Sessions.
    pub sessions: u64,
    /// Locks that have a contender.
    pub locks: u64,
}

/// A node's data, as it is held, and its stat.
pub type DataAndStat<'a> = (Option<&'a [u8]>, Stat);

/// A node and what is below it, as it was when it was asked for.
pub struct Below {
    nodes: Tree<Packed>,
    key: Key,
}

impl Below {
    /// How many nodes are below it. Takes time in proportion.
    #[must_use]
    pub fn count(&self) -> u64 {
        let mut count = 0;
        walk(&self.nodes, &self.key, |_| count += 1);
        count - 1
    }
}

impl Store {
    fn node(
        &self,
        path: &str,
        wanted: Option<Permissions>,
        ids: &[Id],
    ) -> Result<(Key, Fields), Error> {
        let key = asked(path);
        let fields = self.state.fields(&key).ok_or(Error::NoNode)?;
        if let Some(wanted) = wanted {
            self.state.may(&fields, wanted, ids)?;
        }
        Ok((key, fields))
    }

    fn stat_of(&self, key: &Key) -> Stat {
        let (fields, held) = self.state.get(key).expect("the node was found").unpack();
        fields.stat(held.len())
    }

    /// `exists`: asks for no right.
    ///
    /// # Errors
    /// `NoNode`; `BadArguments` for a path with a NUL, which no other read looks for.
    pub fn exists(&self, path: &str) -> Result<Stat, Error> {
        if path.contains('\0') {
            return Err(Error::BadArguments);
        }
        let (key, _) = self.node(path, None, &[])?;
        Ok(self.stat_of(&key))
    }

    /// `getData`.
    ///
    /// # Errors
    /// `NoNode`, `NoAuth`.
    pub fn data(&self, path: &str, ids: &[Id]) -> Result<DataAndStat<'_>, Error> {
        let key = asked(path);
        let (fields, data) = self.state.read(&key).ok_or(Error::NoNode)?;
        self.state.may(&fields, Permissions::READ, ids)?;
        Ok((data, fields.stat(data.map_or(0, <[u8]>::len))))
    }

    /// `getChildren`: the names, in order.
    ///
    /// # Errors
    /// `NoNode`, `NoAuth`.
    pub fn children(&self, path: &str, ids: &[Id]) -> Result<(Vec<&str>, Stat), Error> {
        let (key, _) = self.node(path, Some(Permissions::READ), ids)?;
        Ok((self.state.children(&key), self.stat_of(&key)))
    }

    /// `getACL`. Who may not administrate sees digests hidden.
    ///
    /// # Errors
    /// `NoNode`, `NoAuth`.
    pub fn acl(&self, path: &str, ids: &[Id]) -> Result<(Vec<Acl>, Stat), Error> {
        let wanted = Permissions::READ.or(Permissions::ADMIN);
        let (key, fields) = self.node(path, Some(wanted), ids)?;
        let mut list = self.state.acls.get(fields.acl).to_vec();
        if self.state.may(&fields, Permissions::ADMIN, ids).is_err() {
            list.iter_mut().for_each(hide);
        }
        Ok((list, self.stat_of(&key)))
    }

    /// `getAllChildrenNumber`: what is below a node, pinned, to be counted elsewhere.
    ///
    /// # Errors
    /// `NoNode`, `NoAuth`.
    pub fn below(&self, path: &str, ids: &[Id]) -> Result<Below, Error> {
        let (key, _) = self.node(path, Some(Permissions::READ), ids)?;
        let nodes = self.state.nodes.clone();
        Ok(Below { nodes, key })
    }

    /// `getEphemerals`: the paths of a session's ephemeral nodes that begin with `prefix`, in order.
    pub fn ephemerals<'a>(
        &'a self,
        session: SessionId,
        prefix: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let paths = self.derived.ephemerals(session).map(Key::path);
        paths.filter(move |path| path.starts_with(prefix))
    }

    /// Every session that has ephemeral nodes, with their paths: the four-letter word `dump`.
    pub fn all_ephemerals(&self) -> impl Iterator<Item = (SessionId, impl Iterator<Item = &str>)> {
        let all = self.derived.all_ephemerals();
        all.map(|(session, keys)| (session, keys.iter().map(Key::path)))
    }

    /// A session.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.state.session(id)
    }

    /// All sessions, by id.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.state.sessions.iter()
    }

    /// How large everything is.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        Sizes {
            bytes: self.state.bytes(),
            quota_bytes: self.state.limits.quota_bytes,
            data_bytes: self.state.tally.data_bytes,
            nodes: self.state.nodes.len() as u64,
            ephemerals: self.derived.ephemeral_count() as u64,
            sessions: self.state.sessions.len() as u64,
            locks: self.derived.locks.len() as u64,
        }
    }

    /// The locks at or below `path` that are held, were held, or are waited for, by path, at most `max`.
    #[must_use]
    pub fn locks(&self, path: &str, max: usize) -> Vec<Lock> {
        let Ok(above) = Path::parse(path) else {
            return Vec::new();
        };
        let released = self.state.released.since("").map(|(path, _)| path);
        let mut paths: Vec<_> = self
            .derived
            .locks
            .paths()
            .chain(released)
            .filter(|path| above.holds(path))
            .collect();
        paths.sort_unstable();
        paths.dedup();
        paths
            .into_iter()
            .take(max)
            .map(|path| self.lock(path))
            .collect()
    }

    /// A lock as it is now; a free one if nothing is known of it.
    #[must_use]
    pub fn lock(&self, path: &str) -> Lock {
        let places = self.derived.locks.get(path);
        let all = places.into_iter().flat_map(Places::iter);
        let (mut holders, mut waiters) = (Vec::new(), Vec::new());
        for (place, mode) in all {
            let holds = places.is_some_and(|places| places.holds(place));
            let side = if holds { &mut holders } else { &mut waiters };
            side.push(self.contender(path, place, mode));
        }
        let released = self.state.released.get(path).cloned();
        let last = released.as_ref().map_or(0, |released| released.at_ms);
        Lock {
            path: path.to_owned(),
            held_since_ms: holders
                .first()
                .map(|first: &Contender| first.since_ms.max(last)),
            holders,
            waiters,
            released,
        }
    }

    fn contender(&self, lock: &str, place: &Place, mode: Mode) -> Contender {
        let path = Path::of_node(lock).join(&place.name);
        let fields = self.state.fields(&Key::of(&path));
        let fields = fields.expect("contenders are nodes");
        let token = Token {
            incarnation: self.state.incarnation,
            czxid: fields.czxid,
        };
        Contender {
            name: place.name.to_string(),
            session: fields.kind.session().expect("contenders are ephemeral"),
            mode,
            since_ms: fields.ctime,
            token: (mode == Mode::Exclusive).then_some(token),
        }
    }
}

/// The key of a path that is read: ZooKeeper takes an empty one for the root.
fn asked(path: &str) -> Key {
    Key::of(if path.is_empty() { "/" } else { path })
}

/// `getACL` of `FinalRequestProcessor`: the hash of a digest is nobody's business.
fn hide(acl: &mut Acl) {
    if acl.id.scheme == "digest"
        && let Some((user, _)) = acl.id.id.split_once(':')
    {
        acl.id.id = format!("{user}:x");
    }
}
