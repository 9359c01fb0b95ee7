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
        match self.call(request).await? {
            (ErrorCode::Ok, response) => Ok(response),
            (error, _) => Err(format!("{} answered {error}", request.opcode())),
        }
    }

    /// Asks for all of it at once, and waits for all answers.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn call_all(
        &mut self,
        requests: &[Request],
    ) -> Result<Vec<(ErrorCode, Response)>, Failure> {
        let asked: Vec<_> = requests.iter().map(|request| self.ask(request)).collect();
        self.send().await?;
        let mut answers = Vec::with_capacity(requests.len());
        for (request, xid) in requests.iter().zip(asked) {
            answers.push(self.answer(xid, request.opcode()).await?);
        }
        Ok(answers)
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

#[cfg(test)]
mod tests {
    use synod_jute::records::PathRequest;
    use synod_jute::{EventType, KeeperState, WatcherEvent};
    use tokio::net::TcpListener;

    use super::*;

    const ZXID: Zxid = Zxid(77);

    /// A member that gives this session, answers each request of a number of nodes with `n`, `n + 1` and so on, an event before each,
    /// and hangs up at a ping.
    async fn member(listener: TcpListener, id: i64, mut number: i32) -> ConnectRequest {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let (mut input, mut output) = (BytesMut::new(), BytesMut::new());
        let mut asked = None;
        loop {
            while let Some(frame) = Frames::default().split(&mut input).expect("frames") {
                if asked.is_none() {
                    let request = ConnectRequest::decode(&frame).expect("a wish");
                    let response = ConnectResponse {
                        protocol_version: 0,
                        timeout_ms: request.timeout_ms,
                        session_id: SessionId(id),
                        password: Some(Bytes::from_static(b"sesame")),
                        read_only: Some(false),
                    };
                    response.encode(&mut output);
                    asked = Some(request);
                    continue;
                }
                let (header, request) = Request::decode(&frame).expect("a request");
                if request == Request::Ping {
                    return asked.expect("the wish comes first");
                }
                let event = WatcherEvent {
                    kind: EventType::NodeDeleted,
                    state: KeeperState::SyncConnected,
                    path: format!("/{number}").as_str().into(),
                };
                Reply::event(event).encode(&mut output);
                let response = Response::ChildrenNumber(number);
                Reply::ok(header.xid, ZXID, response).encode(&mut output);
                number += 1;
            }
            stream.write_all_buf(&mut output).await.expect("answers go");
            let read = stream.read_buf(&mut input).await.expect("bytes");
            assert!(read > 0, "the client hung up");
        }
    }

    async fn opened(
        id: i64,
        session: &Session,
    ) -> (Option<Connection>, tokio::task::JoinHandle<ConnectRequest>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let member = tokio::spawn(member(listener, id, 5));
        let opened = Connection::open(&address, Duration::from_secs(9), session).await;
        (opened.expect("an answer"), member)
    }

    #[tokio::test]
    async fn answers_meet_their_requests_and_events_wait() {
        let (connection, member) = opened(3, &Session::wanted()).await;
        let mut connection = connection.expect("a session");
        let count = Request::GetAllChildrenNumber(PathRequest { path: "/".into() });
        let both = connection.call_all(&[count.clone(), count.clone()]).await;
        let expected = [5, 6].map(|number| (ErrorCode::Ok, Response::ChildrenNumber(number)));
        assert_eq!(both.as_deref(), Ok(&expected[..]));
        let third = connection.must(&count).await;
        assert_eq!(third, Ok(Response::ChildrenNumber(7)));
        for path in ["/6", "/5", "/7"] {
            assert_eq!(connection.heard(path).await, Ok(()));
        }
        assert!(connection.ping().await.is_err());
        let wish = member.await.expect("a member");
        assert_eq!(wish.timeout_ms, 9_000);
        assert_eq!(
            (wish.session_id, wish.last_zxid_seen),
            (SessionId(0), Zxid(0))
        );

        let (again, other) = opened(3, &connection.leave()).await;
        assert!(again.expect("the session").ping().await.is_err());
        let wish = other.await.expect("another member");
        assert_eq!((wish.session_id, wish.last_zxid_seen), (SessionId(3), ZXID));
        assert_eq!(wish.password.as_deref(), Some(&b"sesame"[..]));
    }

    #[tokio::test]
    async fn no_session_is_none() {
        let (connection, member) = opened(0, &Session::wanted()).await;
        assert!(connection.is_none());
        member.abort();
    }
}
