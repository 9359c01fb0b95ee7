//! A client on a bare socket.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use synod_jute::records::{Acl, ConnectRequest, ConnectResponse, CreateRequest, Id, ReadRequest};
use synod_jute::wire::Wire as _;
use synod_jute::{
    CreateMode, ErrorCode, Frames, OpCode, Reply, Request, Response, SessionId, Xid, Zxid, framed,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::member::NEVER;

/// A connection with a session.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    pub(crate) session: ConnectResponse,
    input: BytesMut,
    asked: HashMap<Xid, OpCode>,
    last: i32,
}

impl Client {
    /// With a new session.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: 30_000,
            session_id: SessionId(0),
            password: Some(Bytes::from_static(&[0; 16])),
            read_only: Some(false),
        };
        let client = Self::open(address, &request).await;
        client.expect("the connection ended")
    }

    /// With what is given for such a request; `None` if the connection ends instead.
    pub(crate) async fn open(address: SocketAddr, request: &ConnectRequest) -> Option<Self> {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut out = BytesMut::new();
        framed(&mut out, |out| request.write(out));
        stream.write_all(&out).await.unwrap();
        let mut input = BytesMut::new();
        let frame = next_frame(&mut stream, &mut input).await.ok().flatten()?;
        let session = ConnectResponse::decode(&frame).unwrap();
        assert_ne!(session.session_id, SessionId(0), "no session");
        Some(Self {
            stream,
            session,
            input,
            asked: HashMap::new(),
            last: 0,
        })
    }

    /// Sends requests in one piece, without waiting.
    pub(crate) async fn send(&mut self, requests: impl IntoIterator<Item = Request>) {
        let mut out = BytesMut::new();
        for request in requests {
            self.last += 1;
            let xid = match request {
                Request::Ping => Xid::PING,
                Request::Auth(_) => Xid::AUTH,
                _ => Xid(self.last),
            };
            self.asked.insert(xid, request.opcode());
            request.encode(xid, &mut out);
        }
        self.stream.write_all(&out).await.unwrap();
    }

    /// The next reply or event; `None` if the connection ended.
    pub(crate) async fn next(&mut self) -> Option<Reply> {
        let frame = next_frame(&mut self.stream, &mut self.input).await;
        let frame = frame.ok().flatten()?;
        let asked = &self.asked;
        Some(Reply::decode(&frame, |xid| asked.get(&xid).copied()).unwrap())
    }

    /// Asks, and waits for the answer; events before it are left out.
    pub(crate) async fn ask(&mut self, request: Request) -> Result<Response, ErrorCode> {
        self.send([request]).await;
        loop {
            let reply = self.next().await.expect("the connection ended");
            if reply.header.xid != Xid::EVENT {
                let error = reply.header.error;
                return if error == ErrorCode::Ok {
                    Ok(reply.response)
                } else {
                    Err(error)
                };
            }
        }
    }
}

/// The next frame; `None` at the connection's end.
async fn next_frame(stream: &mut TcpStream, input: &mut BytesMut) -> io::Result<Option<Bytes>> {
    loop {
        if let Some(frame) = Frames::new(64 << 20).split(input).unwrap() {
            return Ok(Some(frame));
        }
        let read = timeout(NEVER, stream.read_buf(input)).await;
        if read.expect("never a word")? == 0 {
            return Ok(None);
        }
    }
}

/// Creates an ordinary node that anybody may use.
pub(crate) fn create(path: &str, data: impl Into<Bytes>) -> Request {
    Request::Create(CreateRequest {
        path: path.into(),
        data: Some(data.into()),
        acl: Some(vec![anyone(31)]),
        flags: CreateMode::Persistent as i32,
    })
}

/// What anyone may do.
pub(crate) fn anyone(permissions: i32) -> Acl {
    let (scheme, id) = (Some("world".into()), "anyone".into());
    let id = Id { scheme, id };
    Acl { permissions, id }
}

pub(crate) fn get(path: &str) -> Request {
    let (path, watch) = (path.into(), false);
    Request::GetData(ReadRequest { path, watch })
}
