//! A connection that sends what it is told to, and keeps what comes.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use synod_jute::records::{ConnectRequest, ConnectResponse};
use synod_jute::wire::Wire;
use synod_jute::{Frames, OpCode, ReplyHeader, Request, SessionId, Xid, Zxid};

use super::request::Ready;
use crate::Failure;

/// How long anything may take before the test fails; nothing waits so long when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest frame that is taken, in bytes.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// What came on a connection.
#[derive(Debug, Clone)]
pub(super) enum Came {
    /// The answer to a connect request.
    Connected(Bytes),
    /// A reply to an operation, if it is known which, or an event.
    Frame(Option<OpCode>, Bytes),
    /// Text, and then the end.
    Text(String),
    /// The end.
    Closed,
}

/// A connection. It may be closed and opened again; its session stays known.
pub(super) struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    input: BytesMut,
    asked: BTreeMap<Xid, OpCode>,
    /// The number of the last request.
    pub(super) xid: i32,
    /// Its session and that one's password; 0 before there is one.
    pub(super) session: (SessionId, Option<Bytes>),
    /// The latest position that a reply had.
    pub(super) zxid: Zxid,
    /// Whether its session is open: whether it can be asked for a pong.
    pub(super) in_session: bool,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
            input: BytesMut::new(),
            asked: BTreeMap::new(),
            xid: 0,
            session: (SessionId(0), None),
            zxid: Zxid(0),
            in_session: false,
        }
    }

    /// Closes the connection, if it is open, and opens another without a session.
    pub(super) fn open(&mut self) -> Result<(), Failure> {
        self.close();
        let cannot = |error| format!("cannot connect to {}: {error}", self.address);
        let stream = TcpStream::connect(self.address).map_err(cannot)?;
        stream.set_nodelay(true).map_err(cannot)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(cannot)?;
        self.stream = Some(stream);
        Ok(())
    }

    /// Closes the connection without a word.
    pub(super) fn close(&mut self) {
        self.stream = None;
        self.input.clear();
        self.asked.clear();
        self.in_session = false;
    }

    /// Sends bytes. That the other side closed shows when reading.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let stream = self.stream.as_mut().ok_or("the connection is not open")?;
        match stream.write_all(bytes) {
            Err(error) if !is_end(error.kind()) => Err(format!("cannot send: {error}")),
            _ => Ok(()),
        }
    }

    /// Sends requests at once.
    pub(super) fn request(&mut self, requests: &[Ready]) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        for request in requests {
            bytes.extend_from_slice(&request.frame);
            if let (Some(xid), Some(opcode)) = (request.xid, request.opcode) {
                self.asked.insert(xid, opcode);
            }
        }
        self.send(&bytes)
    }

    /// Sends a connect request and reads the answer.
    pub(super) fn connect(&mut self, request: &ConnectRequest) -> Result<Came, Failure> {
        self.open()?;
        let mut out = BytesMut::new();
        request.encode(&mut out);
        self.send(&out)?;
        let Some(frame) = self.frame()? else {
            self.close();
            return Ok(Came::Closed);
        };
        let response = ConnectResponse::decode(&frame).map_err(|error| error.to_string())?;
        if response.session_id != SessionId(0) {
            self.session = (response.session_id, response.password);
            self.in_session = true;
        }
        Ok(Came::Connected(frame))
    }

    /// Asks for a pong and reads up to it; `pongs` others are asked for already.
    pub(super) fn fence(&mut self, pongs: usize) -> Result<Vec<Came>, Failure> {
        let mut ping = BytesMut::new();
        Request::Ping.encode(Xid::PING, &mut ping);
        self.send(&ping)?;
        let (mut all, mut left) = (Vec::new(), pongs);
        loop {
            let came = self.next()?;
            match &came {
                Came::Closed => {
                    all.push(came);
                    return Ok(all);
                }
                Came::Frame(Some(OpCode::Ping), _) if left == 0 => return Ok(all),
                Came::Frame(Some(OpCode::Ping), _) => left -= 1,
                _ => {}
            }
            all.push(came);
        }
    }

    /// Reads up to the end.
    pub(super) fn rest(&mut self) -> Result<Vec<Came>, Failure> {
        let mut all = Vec::new();
        while !matches!(all.last(), Some(Came::Closed)) {
            all.push(self.next()?);
        }
        Ok(all)
    }

    /// Reads text up to the end.
    pub(super) fn text(&mut self) -> Result<Came, Failure> {
        while self.more()? {}
        let text = String::from_utf8_lossy(&self.input).into_owned();
        self.close();
        Ok(Came::Text(text))
    }

    /// Reads one frame, or the end.
    pub(super) fn next(&mut self) -> Result<Came, Failure> {
        let Some(frame) = self.frame()? else {
            self.close();
            return Ok(Came::Closed);
        };
        let header = ReplyHeader::decode(&frame).map_err(|error| error.to_string())?;
        self.zxid = self.zxid.max(header.zxid);
        let opcode = match header.xid {
            Xid::EVENT => None,
            Xid::PING => Some(OpCode::Ping),
            xid => self.asked.get(&xid).copied(),
        };
        Ok(Came::Frame(opcode, frame))
    }

    fn frame(&mut self) -> Result<Option<Bytes>, Failure> {
        let frames = Frames::new(FRAME_BYTES_MAX);
        loop {
            let frame = frames.split(&mut self.input);
            if let Some(frame) = frame.map_err(|error| error.to_string())? {
                return Ok(Some(frame));
            }
            if !self.more()? {
                return Ok(None);
            }
        }
    }

    /// Reads what there is; false at the end.
    fn more(&mut self) -> Result<bool, Failure> {
        let stream = self.stream.as_mut().ok_or("the connection is not open")?;
        let mut buffer = [0; 64 << 10];
        match stream.read(&mut buffer) {
            Ok(0) => Ok(false),
            Ok(count) => {
                self.input.extend_from_slice(&buffer[..count]);
                Ok(true)
            }
            Err(error) if is_end(error.kind()) => Ok(false),
            Err(error) => Err(format!("nothing comes: {error}")),
        }
    }
}

/// Whether the other side closed, in whatever way.
const fn is_end(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
    )
}
