//! Requests that cannot be read, and what ZooKeeper answers.

use crate::{DecodeError, ErrorCode, OpCode, RequestHeader, Why};

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
    /// It replies with a header alone and goes on. The header's position is the member's.
    Reply(ErrorCode),
    /// As that, but it counts as a write that failed: the header's position is its own.
    ReplyToWrite(ErrorCode),
    /// It replies with MARSHALLINGERROR at the member's position, with an empty list of results behind the header, and goes
    /// on.
    ReplyWithoutResults,
}

impl Refusal {
    /// The header, if there is one.
    #[must_use]
    pub const fn header(&self) -> Option<RequestHeader> {
        match self {
            Self::Header(_) => None,
            Self::Unknown(header) | Self::Body { header, .. } => Some(*header),
        }
    }

    /// What ZooKeeper 3.8 does, as recorded by the corpus of `tests/conformance`:
    ///
    /// - No header: the connection is closed.
    /// - An unknown operation (notification and error, 0 and -1, too): UNIMPLEMENTED, and the connection is closed.
    /// - A body of auth or sasl: it is read where frames are read, and so the connection is closed.
    /// - Any other body: MARSHALLINGERROR, and the connection goes on. If the operation writes, it has a position, but for
    ///   reconfig, which is read before one is given out.
    /// - A path that is null: BADARGUMENTS where only the path's checks look at it, and of no path are watches removed. Within
    ///   several operations there is no position, and an empty list of results (3.8).
    #[must_use]
    pub const fn answer(&self) -> Answer {
        match self {
            Self::Header(_)
            | Self::Body {
                opcode: OpCode::Auth | OpCode::Sasl,
                ..
            } => Answer::Close,
            Self::Unknown(_) => Answer::ReplyAndClose(ErrorCode::Unimplemented),
            Self::Body { opcode, why, .. } => of_body(*opcode, why.why),
        }
    }
}

const fn of_body(opcode: OpCode, why: Why) -> Answer {
    match (opcode, why) {
        (OpCode::SetData | OpCode::SetAcl | OpCode::Check, Why::Null) => {
            Answer::ReplyToWrite(ErrorCode::BadArguments)
        }
        (OpCode::RemoveWatches, Why::Null) => Answer::Reply(ErrorCode::NoWatcher),
        (OpCode::Multi | OpCode::MultiRead, Why::Null) => Answer::ReplyWithoutResults,
        (
            OpCode::Create
            | OpCode::Create2
            | OpCode::CreateContainer
            | OpCode::CreateTtl
            | OpCode::Delete
            | OpCode::SetData
            | OpCode::SetAcl
            | OpCode::Check
            | OpCode::Multi,
            _,
        ) => Answer::ReplyToWrite(ErrorCode::MarshallingError),
        _ => Answer::Reply(ErrorCode::MarshallingError),
    }
}
