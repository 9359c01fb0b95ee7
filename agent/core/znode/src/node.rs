//! A node, as it is worked with and as it is kept.
//!
//! It is kept packed, in one allocation: the key, the fields that differ from what most nodes have, the data. Data of more than
//! [`INLINE_MAX`] bytes is kept beside it, so that a change of a child does not copy it.

mod packed;

use std::sync::Arc;

use synod_tree::Entry;

use crate::kind::Kind;
use crate::path::Key;
use crate::zxid::Zxid;
pub(crate) use packed::{Held, Packed};

/// The longest data that is kept within the node.
pub(crate) const INLINE_MAX: usize = 1024;

/// What a node counts for in the bytes of state, besides its path and data: its fields and its places in trees and indexes.
pub(crate) const COST_BYTES: u64 = 96;

/// ZooKeeper's `Stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// By which it was created.
    pub czxid: Zxid,
    /// By which its data was last written.
    pub mzxid: Zxid,
    /// When it was created, in milliseconds since 1970.
    pub ctime: u64,
    /// When its data was last written.
    pub mtime: u64,
    /// Writes of its data.
    pub version: i32,
    /// Creations and deletions of children.
    pub cversion: i32,
    /// Writes of its access control list.
    pub aversion: i32,
    /// What keeps it, see [`Kind::owner`].
    pub owner: i64,
    /// Bytes of data.
    pub data_length: i32,
    /// Children.
    pub children: i32,
    /// By which a child was last created or deleted.
    pub pzxid: Zxid,
}

/// The fields of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) czxid: Zxid,
    pub(crate) mzxid: Zxid,
    pub(crate) pzxid: Zxid,
    pub(crate) ctime: u64,
    pub(crate) mtime: u64,
    pub(crate) version: i32,
    pub(crate) aversion: i32,
    /// Children ever created; ZooKeeper's own `cversion`, of which it shows another one and makes sequential names.
    pub(crate) creates: i32,
    pub(crate) children: u32,
    pub(crate) kind: Kind,
    /// Its access control list, by number.
    pub(crate) acl: u64,
}

impl Fields {
    pub(crate) const fn new(zxid: Zxid, time_ms: u64, kind: Kind, acl: u64) -> Self {
        Self {
            czxid: zxid,
            mzxid: zxid,
            pzxid: zxid,
            ctime: time_ms,
            mtime: time_ms,
            version: 0,
            aversion: 0,
            creates: 0,
            children: 0,
            kind,
            acl,
        }
    }

    pub(crate) const fn stat(&self, data_length: usize) -> Stat {
        Stat {
            czxid: self.czxid,
            mzxid: self.mzxid,
            ctime: self.ctime,
            mtime: self.mtime,
            version: self.version,
            // Every child that was created and is not there was deleted.
            cversion: self
                .creates
                .wrapping_mul(2)
                .wrapping_sub(self.children as i32),
            aversion: self.aversion,
            owner: self.kind.shown_owner(),
            data_length: data_length as i32,
            children: self.children as i32,
            pzxid: self.pzxid,
        }
    }
}

/// Data that is kept beside its node.
#[derive(Clone)]
pub(crate) struct Blob {
    key: Key,
    pub(crate) data: Arc<[u8]>,
}

impl Blob {
    pub(crate) const fn new(key: Key, data: Arc<[u8]>) -> Self {
        Self { key, data }
    }
}

impl Entry for Blob {
    fn key(&self) -> &[u8] {
        self.key.bytes()
    }
}
