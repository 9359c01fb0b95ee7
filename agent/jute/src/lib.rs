//! ZooKeeper's client protocol, releases 3.8 and 3.9, as types.
//!
//! Both directions are here: servers decode requests and encode replies, clients encode requests and decode replies.
//! Records have the fields and the order of ZooKeeper's own definition (`zookeeper.jute`), which
//! `tests/golden` holds to by bytes that ZooKeeper's own Java classes wrote.
//!
//! # What it promises
//!
//! 1. Decoding takes any bytes. It never panics, and what it allocates is at most a small multiple of the frame's length.
//! 2. No byte string is copied: what was decoded shares the frame. Text is checked for UTF-8 once.
//! 3. Null and empty are kept apart wherever ZooKeeper does (see [`wire`]).
//! 4. Where ZooKeeper's answer depends on how a request fails to decode, the error says which answer that is (see
//!    [`Refusal`]).
//!
//! It knows nothing of sockets, sessions, znodes or time.
//!
//! # A server's way
//!
//! ```
//! use bytes::BytesMut;
//! use synod_jute::{ErrorCode, Frames, Reply, ReplyHeader, Request, Response, Zxid};
//!
//! let mut input = BytesMut::new(); // filled from a socket
//! while let Some(frame) = Frames::default().split(&mut input)? {
//!     match Request::decode(&frame) {
//!         Ok((header, request)) => { /* hand it on */ }
//!         Err(refusal) => { /* see `Refusal::answer` */ }
//!     }
//! }
//! # Ok::<(), synod_jute::FrameError>(())
//! ```

mod declare;
mod error;
mod error_code;
mod event;
mod four_letters;
mod frame;
mod header;
mod ids;
mod mode;
mod opcode;
pub mod records;
mod refusal;
mod reply;
mod request;
mod text;
pub mod wire;

pub use error::{DecodeError, Why};
pub use error_code::ErrorCode;
pub use event::{EventType, KeeperState, WatcherEvent};
pub use four_letters::FourLetterWord;
pub use frame::{FRAME_BYTES_MAX, FrameError, Frames, framed};
pub use header::{ReplyHeader, RequestHeader};
pub use ids::{SessionId, Xid, Zxid};
pub use mode::{AddWatchMode, CreateMode, WatcherType};
pub use opcode::OpCode;
pub use refusal::{Answer, Refusal};
pub use reply::{Reply, Response};
pub use request::Request;
pub use text::Text;
