//! Reads: what clients ask of nodes, and what people ask of the service.

use crate::acl::{Acl, Id, Permissions};
use crate::error::Error;
use crate::incarnation::Shown;
use crate::node::{Fields, Packed, Stat};
use crate::path::Key;
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
    /// Locks that have a contender: that are held.
    pub locks: u64,
    /// Of these, locks that somebody waits for.
    pub locks_contended: u64,
    /// Everybody who holds a lock or waits for one.
    pub lock_contenders: u64,
}

/// A node's data, as it is held, and its stat.
pub type DataAndStat<'a> = (Option<&'a [u8]>, Stat);

/// A node and what is below it, as it was when it was asked for.
pub struct Below {
    nodes: Tree<Packed>,
    /// None of one that the tree does not hold.
    key: Option<Key>,
}

impl Below {
    /// How many nodes are below it. Takes time in proportion.
    #[must_use]
    pub fn count(&self) -> u64 {
        let Some(key) = &self.key else { return 0 };
        let mut count = 0;
        walk(&self.nodes, key, |_| count += 1);
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
        if let Some(shown) = self.shown(path) {
            return Ok(shown.stat);
        }
        let (key, _) = self.node(path, None, &[])?;
        Ok(self.stat_of(&key))
    }

    /// `getData`.
    ///
    /// # Errors
    /// `NoNode`, `NoAuth`.
    pub fn data(&self, path: &str, ids: &[Id]) -> Result<DataAndStat<'_>, Error> {
        if let Some(shown) = self.shown(path) {
            return Ok((Some(shown.data), shown.stat));
        }
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
        if let Some(shown) = self.shown(path) {
            return Ok((Vec::new(), shown.stat));
        }
        let (key, _) = self.node(path, Some(Permissions::READ), ids)?;
        Ok((self.state.children(&key), self.stat_of(&key)))
    }

    /// `getACL`. Who may not administrate sees digests hidden.
    ///
    /// # Errors
    /// `NoNode`, `NoAuth`.
    pub fn acl(&self, path: &str, ids: &[Id]) -> Result<(Vec<Acl>, Stat), Error> {
        if let Some(shown) = self.shown(path) {
            return Ok((Shown::acl(), shown.stat));
        }
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
        let key = match self.shown(path) {
            Some(_) => None,
            None => Some(self.node(path, Some(Permissions::READ), ids)?.0),
        };
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
            locks_contended: self.derived.locks.contended() as u64,
            lock_contenders: self.derived.locks.contenders() as u64,
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
