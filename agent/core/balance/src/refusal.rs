//! Why a request is not sent on.

use std::time::Duration;

/// Why a request is not sent on. Each says what to do about it; what the client hears is mapped by the front end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nobody to send it to.
    #[error("no backend may be used: none is ready; look at the backends' health")]
    NoBackend,
    /// All who may be used were tried.
    #[error("every backend that may be used was tried; look at why they fail")]
    NoneLeft,
    /// All who may be used have as many requests as they may.
    #[error(
        "every backend has as many requests as it may; raise backend_requests_max or add backends"
    )]
    BackendsFull,
    /// The group has as many requests as it may.
    #[error(
        "the backends have as many requests as they may together; raise requests_max or add backends"
    )]
    TooManyRequests,
    /// As many wait for a connection as may.
    #[error("too many requests wait for a connection; raise pending_max or connections_max")]
    TooManyPending,
    /// The backend, or the group, has as many connections as it may.
    #[error("no connection more may be opened; raise connections_max")]
    TooManyConnections,
    /// Retries would be more than their part of all requests.
    #[error("the retry budget is spent: too many requests fail; look at the backends")]
    RetryBudgetSpent,
    /// The rate is higher than it may be; after this time there is room again.
    #[error("the rate limit is reached; wait {retry_after:?}")]
    RateLimited {
        /// The time after which one more is let through.
        retry_after: Duration,
    },
}
