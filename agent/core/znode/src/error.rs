//! Every way in which a request can be refused. The wire's numbers are mapped in the front end.

/// Why a request was refused. The state is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The path, the mode or the time to live is none.
    #[error("the arguments are bad")]
    BadArguments,
    /// There is no such node; for a creation: its parent.
    #[error("there is no such node")]
    NoNode,
    /// The node exists already.
    #[error("the node exists already")]
    NodeExists,
    /// The version is another one than the request expects.
    #[error("the version is another one")]
    BadVersion,
    /// The node has children.
    #[error("the node has children")]
    NotEmpty,
    /// The parent is ephemeral.
    #[error("an ephemeral node has no children")]
    NoChildrenForEphemerals,
    /// Who asks may not.
    #[error("not allowed")]
    NoAuth,
    /// The access control list is empty, or names what does not exist.
    #[error("the access control list is not valid")]
    InvalidAcl,
    /// A quota is used up, or the memory that the service may take.
    #[error("the quota is exceeded")]
    QuotaExceeded,
    /// The session is not there (any more).
    #[error("the session has expired")]
    SessionExpired,
    /// The session was attached elsewhere meanwhile.
    #[error("the session has moved")]
    SessionMoved,
}
