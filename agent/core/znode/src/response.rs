//! What a command answers.

use crate::error::Error;
use crate::node::Stat;
use crate::session::Attachment;
use crate::zxid::Zxid;

/// What came of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// The node is there.
    Created {
        /// Its path, with the number if it got one.
        path: String,
        /// As it is now.
        stat: Stat,
    },
    /// The node is gone.
    Deleted,
    /// Data or list is written.
    Set {
        /// As the node is now.
        stat: Stat,
    },
    /// The version is the expected one.
    Checked,
}

/// A transaction that failed, of which nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiFailure {
    /// Which of its operations failed, from 0.
    pub index: usize,
    /// Why.
    pub error: Error,
}

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One operation.
    One(Result<Done, Error>),
    /// A transaction.
    Multi(Result<Vec<Done>, MultiFailure>),
    /// What the front end refused: it knows what to answer.
    Void,
    /// The request was not looked at: `SessionExpired`, `SessionMoved`.
    Refused(Error),
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The request's own.
    pub zxid: Zxid,
    /// What came of it.
    pub outcome: Outcome,
}

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// To each request, in their order.
    Answers(Vec<Answer>),
    /// The session is attached.
    Attached {
        /// The attachment, to be named in requests.
        attachment: Attachment,
        /// The time-out that was granted, in milliseconds.
        timeout_ms: u32,
    },
    /// It is not: `SessionExpired` if it is not there or the secret is another one, `QuotaExceeded`.
    NotAttached(Error),
    /// The session is gone.
    Closed {
        /// By which.
        zxid: Zxid,
    },
    /// What was asked for itself is done, or was ignored.
    Internal,
}
