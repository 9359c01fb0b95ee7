//! A lean client of ZooKeeper's protocol: one connection, as many requests at once as its owner likes, events put aside.
//!
//! It promises no more than the connection does: when it ends, its owner opens another one with the same [`Session`]. Its futures
//! may be dropped before they are ready; whoever drops one of a request does not hear its answer, and everything else goes on.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use synod_jute::records::{ConnectRequest, ConnectResponse};
use synod_jute::wire::Wire as _;
use synod_jute::{ErrorCode, Frames, OpCode, Reply, Request, Response, SessionId, Xid, Zxid};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Failure;

/// What a client shows to have its session again at another member.
#[derive(Clone, Debug)]
pub struct Session {
    /// None yet, if it is 0.
    pub id: SessionId,
    password: Bytes,
    /// The newest zxid that a member told.
    seen: Zxid,
}

impl Session {
    /// One that is still to be given.
    #[must_use]
    pub const fn wanted() -> Self {
        Self {
            id: SessionId(0),
            password: Bytes::from_static(&[0; 16]),
            seen: Zxid(0),
        }
    }
}

/// A connection with a session.
pub struct Connection {
    stream: TcpStream,
    input: BytesMut,
    output: BytesMut,
    xid: i32,
    session: Session,
    /// Paths of watched nodes of which something was heard.
    events: VecDeque<String>,
}

impl Connection {
    /// Asks the member at this address for a session that may be silent for so long. None if it says that there is none, or no
    /// longer.
    ///
    /// # Errors
    /// When the member does not answer.
    pub async fn open(
        address: &str,
        timeout: Duration,
        session: &Session,
    ) -> Result<Option<Self>, Failure> {
        let cannot = |error: std::io::Error| format!("cannot connect to {address}: {error}");
        let stream = TcpStream::connect(address).await.map_err(cannot)?;
        stream.set_nodelay(true).map_err(cannot)?;
        let mut connection = Self {
            stream,
            input: BytesMut::new(),
            output: BytesMut::new(),
            xid: 0,
            session: session.clone(),
            events: VecDeque::new(),
        };
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: session.seen,
            timeout_ms: i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX),
            session_id: session.id,
            password: Some(session.password.clone()),
            read_only: Some(false),
        };
        request.encode(&mut connection.output);
        connection.send().await?;
        let frame = connection.frame().await?;
        let response = ConnectResponse::decode(&frame).map_err(|error| error.to_string())?;
        connection.session.id = response.session_id;
        connection.session.password = response.password.unwrap_or_default();
        let is_given = response.session_id != SessionId(0);
        Ok(is_given.then_some(connection))
    }

    /// Ends it; what it takes to have the session at another member.
    #[must_use]
    pub fn leave(self) -> Session {
        self.session
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn call(&mut self, request: &Request) -> Result<(ErrorCode, Response), Failure> {
        let xid = self.ask(request);
        self.send().await?;
        self.answer(xid, request.opcode()).await
    }

    /// As [`Self::call`], of what must succeed.
    ///
    /// # Errors
    /// When it does not, too.
    pub async fn must(&mut self, request: &Request) -> Result<Response, Failure> {
        succeeded(request, self.call(request).await?)
    }

    /// Asks for all of it at once, and waits for all answers; all must succeed.
    ///
    /// # Errors
    /// When one does not, or the connection ends.
    pub async fn must_all(&mut self, requests: &[Request]) -> Result<Vec<Response>, Failure> {
        let asked: Vec<_> = requests.iter().map(|request| self.ask(request)).collect();
        self.send().await?;
        let mut responses = Vec::with_capacity(requests.len());
        for (request, xid) in requests.iter().zip(asked) {
            let answer = self.answer(xid, request.opcode()).await?;
            responses.push(succeeded(request, answer)?);
        }
        Ok(responses)
    }

    /// Says that the client lives, and waits until that is known.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn ping(&mut self) -> Result<(), Failure> {
        Request::Ping.encode(Xid::PING, &mut self.output);
        self.send().await?;
        self.answer(Xid::PING, OpCode::Ping).await.map(drop)
    }

    /// Waits until something was heard of this path.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn heard(&mut self, path: &str) -> Result<(), Failure> {
        loop {
            if let Some(index) = self.events.iter().position(|heard| heard == path) {
                self.events.remove(index);
                return Ok(());
            }
            self.reply(|_| None).await?;
        }
    }

    /// Reads, of what nobody waits for, until the connection ends.
    pub async fn ended(&mut self) {
        while self.frame().await.is_ok() {}
    }

    fn ask(&mut self, request: &Request) -> Xid {
        self.xid += 1;
        let xid = Xid(self.xid);
        request.encode(xid, &mut self.output);
        xid
    }

    async fn answer(&mut self, xid: Xid, opcode: OpCode) -> Result<(ErrorCode, Response), Failure> {
        loop {
            let asked = |it| (it == xid).then_some(opcode);
            let reply = self.reply(asked).await?;
            if reply.header.xid == xid {
                return Ok((reply.header.error, reply.response));
            }
        }
    }

    /// The next reply; what is an event is put aside, too.
    async fn reply(&mut self, asked: impl FnOnce(Xid) -> Option<OpCode>) -> Result<Reply, Failure> {
        let frame = self.frame().await?;
        let reply = Reply::decode(&frame, asked).map_err(|error| error.to_string())?;
        self.session.seen.0 = self.session.seen.0.max(reply.header.zxid.0);
        if let Response::Event(event) = &reply.response {
            self.events.push_back(event.path.to_string());
        }
        Ok(reply)
    }

    async fn send(&mut self) -> Result<(), Failure> {
        let sent = self.stream.write_all_buf(&mut self.output).await;
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

fn succeeded(
    request: &Request,
    (error, response): (ErrorCode, Response),
) -> Result<Response, Failure> {
    match error {
        ErrorCode::Ok => Ok(response),
        error => Err(format!("{} answered {error}", request.opcode())),
    }
}
