//! A lean client of ZooKeeper's protocol: one connection, one request at a time, events put aside.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use synod_conformance::Failure;
use synod_jute::records::{ConnectRequest, ConnectResponse};
use synod_jute::wire::Wire as _;
use synod_jute::{ErrorCode, Frames, Reply, Request, Response, SessionId, Xid, Zxid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How long a session may be silent: longer than any load.
const SESSION_MS: i32 = 40_000;

/// A connection with a session.
pub(super) struct Client {
    stream: TcpStream,
    input: BytesMut,
    output: BytesMut,
    xid: i32,
    /// Paths of watched nodes of which something was heard.
    events: VecDeque<String>,
}

impl Client {
    pub(super) async fn connect(address: &str) -> Result<Self, Failure> {
        let cannot = |error: std::io::Error| format!("cannot connect to {address}: {error}");
        let stream = TcpStream::connect(address).await.map_err(cannot)?;
        stream.set_nodelay(true).map_err(cannot)?;
        let mut client = Self {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
            xid: 0,
            events: VecDeque::new(),
        };
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: SESSION_MS,
            session_id: SessionId(0),
            password: Some(Bytes::from_static(&[0; 16])),
            read_only: Some(false),
        };
        request.encode(&mut client.output);
        client.send().await?;
        let frame = client.frame().await?;
        let response = ConnectResponse::decode(&frame).map_err(|error| error.to_string())?;
        if response.session_id == SessionId(0) {
            return Err(format!("{address} gives no session"));
        }
        Ok(client)
    }

    /// Asks, and waits for the answer.
    pub(super) async fn call(
        &mut self,
        request: &Request,
    ) -> Result<(ErrorCode, Response), Failure> {
        self.xid += 1;
        let (xid, opcode) = (Xid(self.xid), request.opcode());
        request.encode(xid, &mut self.output);
        self.send().await?;
        loop {
            let reply = self.reply(|_| Some(opcode)).await?;
            if reply.header.xid == xid {
                return Ok((reply.header.error, reply.response));
            }
        }
    }

    /// As [`Self::call`], of what must succeed.
    pub(super) async fn must(&mut self, request: &Request) -> Result<Response, Failure> {
        match self.call(request).await? {
            (ErrorCode::Ok, response) => Ok(response),
            (error, _) => Err(format!("{} answered {error}", request.opcode())),
        }
    }

    /// Waits until something was heard of this path.
    pub(super) async fn heard(&mut self, path: &str) -> Result<(), Failure> {
        loop {
            if let Some(index) = self.events.iter().position(|heard| heard == path) {
                self.events.remove(index);
                return Ok(());
            }
            self.reply(|_| None).await?;
        }
    }

    /// The next reply; what is an event is put aside, too.
    async fn reply(
        &mut self,
        asked: impl FnOnce(Xid) -> Option<synod_jute::OpCode>,
    ) -> Result<Reply, Failure> {
        let frame = self.frame().await?;
        let reply = Reply::decode(&frame, asked).map_err(|error| error.to_string())?;
        if let Response::Event(event) = &reply.response {
            self.events.push_back(event.path.to_string());
        }
        Ok(reply)
    }

    async fn send(&mut self) -> Result<(), Failure> {
        let sent = self.stream.write_all(&self.output).await;
        self.output.clear();
        sent.map_err(|error| format!("cannot send: {error}"))
    }

    async fn frame(&mut self) -> Result<Bytes, Failure> {
        loop {
            let frame = Frames::default().split(&mut self.input);
            if let Some(frame) = frame.map_err(|error| error.to_string())? {
                return Ok(frame);
            }
            let read = self.stream.read_buf(&mut self.input).await;
            if read.map_err(|error| format!("cannot read: {error}"))? == 0 {
                return Err("the connection was closed".to_owned());
            }
        }
    }
}
