//! Requests that cannot be read, and what ZooKeeper answers.

use crate::{DecodeError, ErrorCode, OpCode, RequestHeader};

/// A frame that is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The frame is shorter than a header.
    #[error("no header: {0}")]
    Header(DecodeError),
    /// The operation's number stands for nothing.
    #[error("no operation has the number {}", .0.opcode)]
    Unknown(RequestHeader),
    /// The body is not what the operation wants.
    #[error("{opcode}: {why}")]
    Body {
        /// The header.
        header: RequestHeader,
        /// Its operation.
        opcode: OpCode,
        /// What is wrong.
        why: DecodeError,
    },
}

/// What ZooKeeper does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It closes the connection without a word; the session goes on until it expires.
    Close,
    /// It replies with a header alone and closes the connection. The header's position is
    /// [`Zxid::NONE`](crate::Zxid::NONE).
    ReplyAndClose(ErrorCode),
    /// It replies with a header alone and goes on. The header's position is the member's; if the operation writes,
    /// it counts as a write that failed and has a position of its own. There are two exceptions: reconfig has none, since
    /// it is read before one is given out; and a path that is null within several operations has none either, and an
    /// empty list of results follows the header (3.8).
    Reply(ErrorCode),
}

impl Refusal {
    /// What ZooKeeper 3.8 does, as recorded by the corpus of `tests/conformance`:
    ///
    /// - No header: the connection is closed.
    /// - An unknown operation (notification and error, 0 and -1, too): UNIMPLEMENTED, and the connection is closed.
    /// - A body of auth or sasl: it is read where frames are read, and so the connection is closed.
    /// - Any other body: MARSHALLINGERROR, and the connection goes on.
    #[must_use]
    pub const fn answer(&self) -> Answer {
        match self {
            Self::Header(_)
            | Self::Body {
                opcode: OpCode::Auth | OpCode::Sasl,
                ..
            } => Answer::Close,
            Self::Unknown(_) => Answer::ReplyAndClose(ErrorCode::Unimplemented),
            Self::Body { .. } => Answer::Reply(ErrorCode::MarshallingError),
        }
    }
}
