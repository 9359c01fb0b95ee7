//! One session of a crowd: its connection, and what it takes to keep it alive without waiting for each answer in turn.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use synod_jute::records::{
    Acl, ConnectRequest, ConnectResponse, CreateRequest, PathRequest, SyncRequest,
};
use synod_jute::wire::Wire as _;
use synod_jute::{CreateMode, ErrorCode, Frames, Reply, Request, Response, SessionId, Xid, Zxid};

use crate::Failure;

/// An answer that takes longer is asked for again in the next round.
const ANSWER: Duration = Duration::from_secs(1);
/// A member that says nothing for so long is left for another one.
const SILENCE: Duration = Duration::from_secs(5);

/// Where a session is.
enum Line {
    /// Nowhere.
    Broken,
    /// Asked for, and not answered yet.
    Opening(TcpStream, Instant),
    /// At a member.
    Open(TcpStream),
}

/// A client with a session.
pub(super) struct Visitor {
    line: Line,
    input: BytesMut,
    session: SessionId,
    password: Bytes,
    /// Which of the addresses it is at, or tries.
    at: usize,
    xid: i32,
    pinged: bool,
    /// When it last said that it lives, of what was answered.
    heard: Instant,
    /// When it last said so.
    said: Instant,
}

impl Visitor {
    /// A new session at one of the members.
    pub(super) fn come(
        addresses: &[String],
        at: usize,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let mut visitor = Self {
            line: Line::Broken,
            input: BytesMut::new(),
            session: SessionId(0),
            password: Bytes::from_static(&[0; 16]),
            at,
            xid: 0,
            pinged: false,
            heard: Instant::now(),
            said: Instant::now(),
        };
        let deadline = Instant::now() + 60 * ANSWER;
        while !visitor.is_there() {
            if Instant::now() > deadline {
                return Err("a member gives no session within a minute".to_owned());
            }
            visitor.seek(addresses, timeout);
            visitor.found()?;
        }
        Ok(visitor)
    }

    pub(super) const fn is_there(&self) -> bool {
        matches!(self.line, Line::Open(_))
    }

    /// Says that it lives, if it is at a member.
    pub(super) fn ping(&mut self) {
        let mut ping = BytesMut::new();
        Request::Ping.encode(Xid::PING, &mut ping);
        if let Line::Open(stream) = &mut self.line {
            self.said = Instant::now();
            self.pinged = stream.write_all(&ping).is_ok();
            if !self.pinged {
                self.line = Line::Broken;
            }
        }
    }

    /// Reads what a ping was answered.
    pub(super) fn pinged(&mut self) {
        let answered = std::mem::take(&mut self.pinged) && self.reply(&Request::Ping).is_ok();
        if answered {
            self.heard = self.said;
        } else {
            self.line = Line::Broken;
        }
    }

    /// Asks the next member for its session, if it is at none.
    pub(super) fn seek(&mut self, addresses: &[String], timeout: Duration) {
        if !matches!(self.line, Line::Broken) {
            return;
        }
        self.input.clear();
        self.at += 1;
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX),
            session_id: self.session,
            password: Some(self.password.clone()),
            read_only: Some(false),
        };
        let mut out = BytesMut::new();
        request.encode(&mut out);
        let asked = TcpStream::connect(&addresses[self.at % addresses.len()]).and_then(|stream| {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(ANSWER))?;
            (&stream).write_all(&out)?;
            Ok(stream)
        });
        if let Ok(stream) = asked {
            self.line = Line::Opening(stream, Instant::now());
        }
    }

    /// Reads whether it has its session again.
    ///
    /// # Errors
    /// When it is told that its session is no more.
    pub(super) fn found(&mut self) -> Result<(), Failure> {
        let Line::Opening(stream, since) = &mut self.line else {
            return Ok(());
        };
        let frame = match frame(stream, &mut self.input) {
            Ok(frame) => frame,
            Err(Lost::Late) if since.elapsed() < SILENCE => return Ok(()),
            Err(_) => {
                self.line = Line::Broken;
                return Ok(());
            }
        };
        let response = ConnectResponse::decode(&frame).map_err(|error| error.to_string())?;
        if response.session_id == SessionId(0) {
            let silent = self.heard.elapsed();
            return Err(format!(
                "session {:x} is lost, last heard of {silent:?} ago",
                self.session.0
            ));
        }
        self.heard = *since;
        self.session = response.session_id;
        self.password = response.password.unwrap_or_default();
        if let Line::Opening(stream, _) = std::mem::replace(&mut self.line, Line::Broken) {
            self.line = Line::Open(stream);
        }
        Ok(())
    }

    /// Creates nodes, all asked for at once.
    pub(super) fn create(&mut self, paths: &[String], mode: CreateMode) -> Result<(), Failure> {
        let create = |path: &String| {
            Request::Create(CreateRequest {
                path: path.as_str().into(),
                data: None,
                acl: Some(vec![Acl::open()]),
                flags: mode.number(),
            })
        };
        let requests: Vec<_> = paths.iter().map(create).collect();
        self.send(&requests)?;
        for (request, path) in requests.iter().zip(paths) {
            match self.reply(request)? {
                (ErrorCode::Ok, _) => {}
                (error, _) => return Err(format!("{path} is not created: {error}")),
            }
        }
        Ok(())
    }

    /// How many children a node has, once everything that was decided before is known to the member.
    pub(super) fn count(&mut self, path: &str) -> Result<usize, Failure> {
        let sync = Request::Sync(SyncRequest {
            path: Some(path.into()),
        });
        let count = Request::GetAllChildrenNumber(PathRequest { path: path.into() });
        self.send(&[sync.clone(), count.clone()])?;
        self.reply(&sync)?;
        match self.reply(&count)? {
            (_, Response::ChildrenNumber(number)) => Ok(usize::try_from(number).unwrap_or(0)),
            (error, _) => Err(format!("{path} is not counted: {error}")),
        }
    }

    fn send(&mut self, requests: &[Request]) -> Result<(), Failure> {
        let mut out = BytesMut::new();
        for request in requests {
            self.xid += 1;
            request.encode(Xid(self.xid), &mut out);
        }
        let Line::Open(stream) = &mut self.line else {
            return Err("it is at no member".to_owned());
        };
        let sent = stream.write_all(&out);
        sent.map_err(|error| format!("cannot send: {error}"))
    }

    /// The next answer, to this request.
    fn reply(&mut self, request: &Request) -> Result<(ErrorCode, Response), Failure> {
        let Line::Open(stream) = &mut self.line else {
            return Err("it is at no member".to_owned());
        };
        let mut tries = 0..60;
        let frame = loop {
            match frame(stream, &mut self.input) {
                Ok(frame) => break frame,
                Err(Lost::Late) if tries.next().is_some() => {}
                Err(_) => return Err("the connection ended".to_owned()),
            }
        };
        let reply = Reply::decode(&frame, |_| Some(request.opcode()));
        let reply = reply.map_err(|error| error.to_string())?;
        Ok((reply.header.error, reply.response))
    }
}

/// Why there is no frame.
enum Lost {
    /// Not within the time for an answer.
    Late,
    /// The connection ended.
    Ended,
}

fn frame(stream: &mut TcpStream, input: &mut BytesMut) -> Result<Bytes, Lost> {
    loop {
        let frame = Frames::default().split(input);
        if let Some(frame) = frame.map_err(|_| Lost::Ended)? {
            return Ok(frame);
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer) {
            Ok(0) => return Err(Lost::Ended),
            Ok(count) => input.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Err(Lost::Late),
            Err(_) => return Err(Lost::Ended),
        }
    }
}
