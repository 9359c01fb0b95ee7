//! Replies and events.

use bytes::{Bytes, BytesMut};

use crate::records::{
    AddWatchResponse, Create2Response, CreateResponse, GetAclResponse, GetChildren2Response,
    GetChildrenResponse, GetDataResponse, GetEphemeralsResponse, MultiResponse, SaslResponse, Stat,
    SyncResponse, WhoAmIResponse,
};
use crate::wire::{Reader, Wire};
use crate::{DecodeError, ErrorCode, OpCode, ReplyHeader, WatcherEvent, Xid, Zxid, framed};

/// What follows a reply's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// Nothing: of every error, and of operations that tell nothing.
    None,
    /// Of create.
    Create(CreateResponse),
    /// Of create2, createContainer and createTTL.
    Create2(Create2Response),
    /// Of exists, setData and setACL.
    Stat(Stat),
    /// Of getData and reconfig.
    Data(GetDataResponse),
    /// Of getACL.
    Acl(GetAclResponse),
    /// Of getChildren.
    Children(GetChildrenResponse),
    /// Of getChildren2.
    Children2(GetChildren2Response),
    /// Of getAllChildrenNumber: all nodes below it.
    ChildrenNumber(i32),
    /// Of getEphemerals.
    Ephemerals(GetEphemeralsResponse),
    /// Of sync.
    Sync(SyncResponse),
    /// Of multi and multiRead.
    Multi(MultiResponse),
    /// Of addWatch.
    AddWatch(AddWatchResponse),
    /// Of whoAmI.
    WhoAmI(WhoAmIResponse),
    /// Of sasl.
    Sasl(SaslResponse),
    /// Of no request.
    Event(WatcherEvent),
}

impl Response {
    /// Reads what follows the header of a reply to an operation.
    ///
    /// # Errors
    /// When it is not what the operation's reply has.
    pub fn read(opcode: OpCode, error: ErrorCode, input: &mut Reader) -> Result<Self, DecodeError> {
        if error != ErrorCode::Ok && opcode != OpCode::Sasl {
            return Ok(Self::None);
        }
        Ok(match opcode {
            OpCode::Create => Self::Create(input.read("")?),
            OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                Self::Create2(input.read("")?)
            }
            OpCode::Exists | OpCode::SetData | OpCode::SetAcl => Self::Stat(input.read("")?),
            OpCode::GetData | OpCode::Reconfig => Self::Data(input.read("")?),
            OpCode::GetAcl => Self::Acl(input.read("")?),
            OpCode::GetChildren => Self::Children(input.read("")?),
            OpCode::GetChildren2 => Self::Children2(input.read("")?),
            OpCode::GetAllChildrenNumber => {
                Self::ChildrenNumber(input.read("GetAllChildrenNumberResponse.totalNumber")?)
            }
            OpCode::GetEphemerals => Self::Ephemerals(input.read("")?),
            OpCode::Sync => Self::Sync(input.read("")?),
            OpCode::Multi | OpCode::MultiRead => Self::Multi(input.read("")?),
            OpCode::AddWatch => Self::AddWatch(input.read("")?),
            OpCode::WhoAmI => Self::WhoAmI(input.read("")?),
            OpCode::Sasl => Self::Sasl(input.read("")?),
            OpCode::Delete
            | OpCode::Ping
            | OpCode::Check
            | OpCode::CheckWatches
            | OpCode::RemoveWatches
            | OpCode::DeleteContainer
            | OpCode::Auth
            | OpCode::SetWatches
            | OpCode::SetWatches2
            | OpCode::CreateSession
            | OpCode::CloseSession => Self::None,
        })
    }

    /// Writes it.
    pub fn write(&self, out: &mut BytesMut) {
        match self {
            Self::None => {}
            Self::Create(body) => body.write(out),
            Self::Create2(body) => body.write(out),
            Self::Stat(stat) => stat.write(out),
            Self::Data(body) => body.write(out),
            Self::Acl(body) => body.write(out),
            Self::Children(body) => body.write(out),
            Self::Children2(body) => body.write(out),
            Self::ChildrenNumber(number) => number.write(out),
            Self::Ephemerals(body) => body.write(out),
            Self::Sync(body) => body.write(out),
            Self::Multi(body) => body.write(out),
            Self::AddWatch(body) => body.write(out),
            Self::WhoAmI(body) => body.write(out),
            Self::Sasl(body) => body.write(out),
            Self::Event(event) => event.write(out),
        }
    }
}

/// A reply or an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The header.
    pub header: ReplyHeader,
    /// What follows it.
    pub response: Response,
}

impl Reply {
    /// A reply of success.
    #[must_use]
    pub const fn ok(xid: Xid, zxid: Zxid, response: Response) -> Self {
        let error = ErrorCode::Ok;
        let header = ReplyHeader { xid, zxid, error };
        Self { header, response }
    }

    /// A reply of failure.
    #[must_use]
    pub const fn failed(xid: Xid, zxid: Zxid, error: ErrorCode) -> Self {
        let header = ReplyHeader { xid, zxid, error };
        let response = Response::None;
        Self { header, response }
    }

    /// An event.
    #[must_use]
    pub const fn event(event: WatcherEvent) -> Self {
        Self::ok(Xid::EVENT, Zxid::NONE, Response::Event(event))
    }

    /// Appends it as a frame, with its length.
    pub fn encode(&self, out: &mut BytesMut) {
        framed(out, |out| {
            self.header.write(out);
            self.response.write(out);
        });
    }

    /// Reads a frame from a server. `asked` tells which operation a request with this number asked for; it is not called
    /// for events, pings, and auth. Without an answer of it nothing but the header is read.
    ///
    /// # Errors
    /// When the frame is no such reply.
    pub fn decode(
        frame: &Bytes,
        asked: impl FnOnce(Xid) -> Option<OpCode>,
    ) -> Result<Self, DecodeError> {
        let mut input = Reader::new(frame.clone());
        let header: ReplyHeader = input.read("ReplyHeader")?;
        let response = match header.xid {
            Xid::EVENT => Response::Event(input.read("WatcherEvent")?),
            Xid::PING | Xid::AUTH => Response::None,
            xid => match asked(xid) {
                Some(opcode) => Response::read(opcode, header.error, &mut input)?,
                None => Response::None,
            },
        };
        Ok(Self { header, response })
    }
}
