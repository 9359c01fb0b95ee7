//! The opening of a session: the first frame in each direction, without a header.

use bytes::{Bytes, BytesMut};

use crate::wire::{Reader, Wire};
use crate::{DecodeError, SessionId, Zxid};

/// A client's first frame. ZooKeeper closes the connection without a word if it cannot be read, or if
/// `last_zxid_seen` is later than what the member has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectRequest {
    /// 0; not looked at.
    pub protocol_version: i32,
    /// The latest position that the client saw, of any member.
    pub last_zxid_seen: Zxid,
    /// How long the session may be silent, in milliseconds; the server brings it within its bounds.
    pub timeout_ms: i32,
    /// The session to go on with; 0 for a new one.
    pub session_id: SessionId,
    /// That session's password, 16 bytes.
    pub password: Option<Bytes>,
    /// Whether a member that only reads will do; `None` from clients before 3.4, which leave the byte out. They must not
    /// get it in the response either.
    pub read_only: Option<bool>,
}

/// A server's first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectResponse {
    /// 0.
    pub protocol_version: i32,
    /// How long the session may be silent, in milliseconds; 0 if there is no such session or the password is wrong, and
    /// then the connection is closed.
    pub timeout_ms: i32,
    /// The session; 0 if there is none.
    pub session_id: SessionId,
    /// Its password, 16 bytes; all zero if there is no session.
    pub password: Option<Bytes>,
    /// Whether this member only reads; `None` to clients that left it out.
    pub read_only: Option<bool>,
}

impl ConnectResponse {
    /// To who wants a session that is not there, or has another password. The connection is closed after it.
    #[must_use]
    pub const fn refused(read_only: Option<bool>) -> Self {
        Self {
            protocol_version: 0,
            timeout_ms: 0,
            session_id: SessionId(0),
            password: Some(Bytes::from_static(&[0; 16])),
            read_only,
        }
    }
}

/// The last byte, if it is there.
fn read_only(input: &mut Reader) -> Result<Option<bool>, DecodeError> {
    let is_there = input.remaining() > 0;
    is_there.then(|| input.read("readOnly")).transpose()
}

impl Wire for ConnectRequest {
    const BYTES_MIN: usize = 28;

    fn read(input: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        Ok(Self {
            protocol_version: input.read("ConnectRequest.protocolVersion")?,
            last_zxid_seen: input.read("ConnectRequest.lastZxidSeen")?,
            timeout_ms: input.read("ConnectRequest.timeOut")?,
            session_id: input.read("ConnectRequest.sessionId")?,
            password: input.read("ConnectRequest.passwd")?,
            read_only: read_only(input)?,
        })
    }

    fn write(&self, out: &mut BytesMut) {
        self.protocol_version.write(out);
        self.last_zxid_seen.write(out);
        self.timeout_ms.write(out);
        self.session_id.write(out);
        self.password.write(out);
        if let Some(read_only) = self.read_only {
            read_only.write(out);
        }
    }
}

impl Wire for ConnectResponse {
    const BYTES_MIN: usize = 20;

    fn read(input: &mut Reader, _: &'static str) -> Result<Self, DecodeError> {
        Ok(Self {
            protocol_version: input.read("ConnectResponse.protocolVersion")?,
            timeout_ms: input.read("ConnectResponse.timeOut")?,
            session_id: input.read("ConnectResponse.sessionId")?,
            password: input.read("ConnectResponse.passwd")?,
            read_only: read_only(input)?,
        })
    }

    fn write(&self, out: &mut BytesMut) {
        self.protocol_version.write(out);
        self.timeout_ms.write(out);
        self.session_id.write(out);
        self.password.write(out);
        if let Some(read_only) = self.read_only {
            read_only.write(out);
        }
    }
}
