//! What was applied, as those want to hear of it who watch or are connected here.

use std::sync::Arc;

use crate::acl::Readers;
use crate::session::SessionId;
use crate::zxid::Zxid;

/// What happened to a node or a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The node was created.
    Created(Node),
    /// It was deleted.
    Deleted(Node),
    /// Its data was written.
    Written(Node),
    /// The session ended.
    Ended(SessionId),
}

/// A node, and who could read it when it changed, or when it was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) path: Arc<str>,
    pub(crate) readers: Readers,
    /// Of its parent, if that changed with it.
    pub(crate) parent_readers: Readers,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) zxid: Zxid,
    pub(crate) what: What,
}
