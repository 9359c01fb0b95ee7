//! The headers of requests and replies.

use crate::declare::record;
use crate::{ErrorCode, Xid, Zxid};

record! {
    /// Before every request but the connect request.
    #[derive(Copy)]
    pub struct RequestHeader {
        /// The client's number of it.
        pub xid: Xid,
        /// An operation's number, maybe one that is not known.
        pub opcode: i32,
    }
}

record! {
    /// Before every reply but the connect response, and before events.
    #[derive(Copy)]
    pub struct ReplyHeader {
        /// The request's number, or [`Xid::EVENT`].
        pub xid: Xid,
        /// The member's position when it answered, which includes the request itself, if it failed too. 0 in replies to
        /// auth; [`Zxid::NONE`] in events and for an unknown operation.
        pub zxid: Zxid,
        /// Whether it succeeded. If not, nothing follows the header.
        pub error: ErrorCode,
    }
}
