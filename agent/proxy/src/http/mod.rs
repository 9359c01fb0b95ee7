//! HTTP/1.1 as bytes: heads, what a body's length is, and heads as they are sent on. No sockets.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod edits;
pub(crate) mod field;
pub(crate) mod framing;
pub(crate) mod head;
pub(crate) mod request;
pub(crate) mod response;

/// Why bytes are refused. What the client hears is in [`answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Bad {
    #[error("a line does not end with CRLF")]
    LineEnd,
    #[error("the request line is not METHOD SP TARGET SP HTTP/1.x")]
    RequestLine,
    #[error("the status line is not HTTP/1.x SP CODE")]
    StatusLine,
    #[error("the version is not HTTP/1.0 or HTTP/1.1")]
    Version,
    #[error("a header's name is not a token followed by a colon")]
    FieldName,
    #[error("a header's value has a control character")]
    FieldValue,
    #[error("a header is continued on the next line")]
    Folded,
    #[error("there are too many headers")]
    TooManyFields,
    #[error("the head is too long")]
    HeadTooLong,
    #[error("the target is too long")]
    TargetTooLong,
    #[error("there is not exactly one Host that is a host")]
    Host,
    #[error("Content-Length is not one number")]
    ContentLength,
    #[error(
        "Transfer-Encoding is not just chunked, or stands beside Content-Length or in HTTP/1.0"
    )]
    TransferEncoding,
    #[error("the transfer coding is unknown")]
    UnknownCoding,
    #[error("a chunk is not as RFC 9112, section 7.1, has it")]
    Chunk,
    #[error("the method is not served")]
    Method,
}
