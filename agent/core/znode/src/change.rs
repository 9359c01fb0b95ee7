//! What was applied, as those want to hear of it who watch or are connected here.

use std::sync::Arc;

use crate::session::SessionId;
use crate::zxid::Zxid;

/// What happened to a node or a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The node was created.
    Created(Arc<str>),
    /// It was deleted.
    Deleted(Arc<str>),
    /// Its data was written.
    Written(Arc<str>),
    /// The session ended.
    Ended(SessionId),
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) zxid: Zxid,
    pub(crate) what: What,
}
