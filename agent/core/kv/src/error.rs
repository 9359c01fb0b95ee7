//! Every way in which a request can be refused. The wire codes and messages are mapped in the front end.

use crate::fence::FenceToken;

/// Why a request was refused. The state is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The revision is older than the compact revision; read at a newer one.
    #[error("the required revision has been compacted")]
    Compacted,
    /// The revision does not exist yet; read at an older one.
    #[error("the required revision is a future revision")]
    FutureRevision,
    /// The command would grow the state over its quota; delete, compact, or raise the quota.
    #[error("the space quota is exceeded")]
    NoSpace,
    /// A corruption alarm is active; the group serves nothing until it is disarmed.
    #[error("the state is marked corrupt")]
    Corrupt,
    /// `ignore_value` or `ignore_lease` was asked for a key that does not exist.
    #[error("the key does not exist")]
    KeyNotFound,
    /// The lease does not exist (any more).
    #[error("the lease does not exist")]
    LeaseNotFound,
    /// A lease of that id exists.
    #[error("the lease exists already")]
    LeaseExists,
    /// The time to live is above [`LEASE_TTL_MAX_S`](crate::LEASE_TTL_MAX_S).
    #[error("the lease's time to live is too large")]
    LeaseTtlTooLarge,
    /// A key is empty.
    #[error("the key is empty")]
    EmptyKey,
    /// `ignore_value` came with a value.
    #[error("a value was given together with ignore_value")]
    ValueProvided,
    /// `ignore_lease` came with a lease.
    #[error("a lease was given together with ignore_lease")]
    LeaseProvided,
    /// A transaction has more operations on one level than allowed.
    #[error("too many operations in a transaction")]
    TooManyOps,
    /// A transaction writes a key twice.
    #[error("a key is written twice in a transaction")]
    DuplicateKey,
    /// A transaction is nested deeper than [`TXN_DEPTH_MAX`](crate::TXN_DEPTH_MAX).
    #[error("transactions are nested too deep")]
    TooDeep,
    /// What is put on a fence is no token.
    #[error("a fence holds a token of 16 bytes; the value has {found}")]
    FenceLength {
        /// Bytes of the value.
        found: usize,
    },
    /// A fence is put with a lease, or would keep one.
    #[error("a fence has no lease, since it would go with it")]
    FenceLeased,
    /// Somebody with a newer token was here: whoever holds `token` has lost the lock.
    #[error("the token {token} is older than {held}, which the fence holds")]
    FenceOlder {
        /// The token that was put.
        token: FenceToken,
        /// The one that the fence holds.
        held: FenceToken,
    },
}
