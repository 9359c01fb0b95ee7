//! Requests.

use bytes::{Bytes, BytesMut};

use crate::records::{
    AddWatchRequest, AuthRequest, CheckVersionRequest, CreateRequest, CreateTtlRequest,
    DeleteRequest, GetEphemeralsRequest, MultiRequest, PathRequest, ReadRequest, ReconfigRequest,
    SaslRequest, SetAclRequest, SetDataRequest, SetWatches2Request, SetWatchesRequest, SyncRequest,
    WatchesRequest,
};
use crate::wire::{Reader, Wire};
use crate::{DecodeError, OpCode, Refusal, RequestHeader, Xid, framed};

macro_rules! requests {
    (
        with_body { $($(#[$about:meta])* $name:ident($body:ty),)+ }
        without { $($(#[$about_plain:meta])* $plain:ident,)+ }
    ) => {
        /// A request, without its header. Each variant is the operation of its name.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Request {
            $($(#[$about])* $name($body),)+
            $($(#[$about_plain])* $plain,)+
        }

        impl Request {
            /// Its operation.
            #[must_use]
            pub const fn opcode(&self) -> OpCode {
                match self {
                    $(Self::$name(_) => OpCode::$name,)+
                    $(Self::$plain => OpCode::$plain,)+
                }
            }

            /// Reads an operation's body. Bytes after it are not looked at.
            ///
            /// # Errors
            /// When it is not what the operation wants.
            pub fn read(opcode: OpCode, input: &mut Reader) -> Result<Self, DecodeError> {
                match opcode {
                    $(OpCode::$name => input.read(stringify!($name)).map(Self::$name),)+
                    $(OpCode::$plain => Ok(Self::$plain),)+
                }
            }

            /// Writes the body.
            pub fn write(&self, out: &mut BytesMut) {
                match self {
                    $(Self::$name(body) => body.write(out),)+
                    $(Self::$plain => {})+
                }
            }
        }
    };
}

requests! {
    with_body {
        /// The reply is [`Response::Create`](crate::Response::Create).
        Create(CreateRequest),
        /// The reply is [`Response::Create2`](crate::Response::Create2).
        Create2(CreateRequest),
        /// The reply is [`Response::Create2`](crate::Response::Create2).
        CreateContainer(CreateRequest),
        /// The reply is [`Response::Create2`](crate::Response::Create2).
        CreateTtl(CreateTtlRequest),
        /// The reply is a header alone.
        Delete(DeleteRequest),
        /// The reply is [`Response::Stat`](crate::Response::Stat).
        Exists(ReadRequest),
        /// The reply is [`Response::Data`](crate::Response::Data).
        GetData(ReadRequest),
        /// The reply is [`Response::Stat`](crate::Response::Stat).
        SetData(SetDataRequest),
        /// The reply is [`Response::Acl`](crate::Response::Acl).
        GetAcl(PathRequest),
        /// The reply is [`Response::Stat`](crate::Response::Stat).
        SetAcl(SetAclRequest),
        /// The reply is [`Response::Children`](crate::Response::Children).
        GetChildren(ReadRequest),
        /// The reply is [`Response::Children2`](crate::Response::Children2).
        GetChildren2(ReadRequest),
        /// The reply is [`Response::ChildrenNumber`](crate::Response::ChildrenNumber).
        GetAllChildrenNumber(PathRequest),
        /// The reply is [`Response::Ephemerals`](crate::Response::Ephemerals).
        GetEphemerals(GetEphemeralsRequest),
        /// The reply is [`Response::Sync`](crate::Response::Sync).
        Sync(SyncRequest),
        /// There is a reply only if it fails; see [`CheckVersionRequest`].
        Check(CheckVersionRequest),
        /// The reply is [`Response::Multi`](crate::Response::Multi).
        Multi(MultiRequest),
        /// The reply is [`Response::Multi`](crate::Response::Multi).
        MultiRead(MultiRequest),
        /// The reply is [`Response::Data`](crate::Response::Data).
        Reconfig(ReconfigRequest),
        /// The reply is a header alone.
        CheckWatches(WatchesRequest),
        /// The reply is a header alone.
        RemoveWatches(WatchesRequest),
        /// The reply is a header alone.
        SetWatches(SetWatchesRequest),
        /// The reply is a header alone.
        SetWatches2(SetWatches2Request),
        /// The reply is [`Response::AddWatch`](crate::Response::AddWatch).
        AddWatch(AddWatchRequest),
        /// The reply is a header alone.
        Auth(AuthRequest),
        /// The reply is [`Response::Sasl`](crate::Response::Sasl).
        Sasl(SaslRequest),
    }
    without {
        /// The reply is a header alone, with [`Xid::PING`].
        Ping,
        /// The reply is [`Response::WhoAmI`](crate::Response::WhoAmI).
        WhoAmI,
        /// Ends the session. The reply is a header alone, and then the connection is closed.
        CloseSession,
        /// The server's own. ZooKeeper does not refuse it from a client, but carries it out in ways that nobody can rely on
        /// (it would answer with a connect response); refuse it.
        CreateSession,
        /// The server's own; refused with BADARGUMENTS whatever it says, as a write that failed.
        DeleteContainer,
    }
}

impl Request {
    /// Reads a frame of a connection whose session is open.
    ///
    /// # Errors
    /// If it is no request; the error knows the answer.
    pub fn decode(frame: &Bytes) -> Result<(RequestHeader, Self), Refusal> {
        let mut input = Reader::new(frame.clone());
        let header: RequestHeader = input.read("RequestHeader").map_err(Refusal::Header)?;
        let Some(opcode) = OpCode::of_number(header.opcode) else {
            return Err(Refusal::Unknown(header));
        };
        match Self::read(opcode, &mut input) {
            Ok(request) => Ok((header, request)),
            Err(why) => Err(Refusal::Body {
                header,
                opcode,
                why,
            }),
        }
    }

    /// Appends it as a frame, with its length.
    pub fn encode(&self, xid: Xid, out: &mut BytesMut) {
        let opcode = self.opcode().number();
        framed(out, |out| {
            RequestHeader { xid, opcode }.write(out);
            self.write(out);
        });
    }
}
