//! A session of ZooKeeper's protocol that is kept alive for as long as its process runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use synod_jute::records::{ConnectRequest, ConnectResponse, CreateRequest, ReadRequest};
use synod_jute::wire::Wire;
use synod_jute::{
    CreateMode, ErrorCode, Frames, Reply, Request, Response, SessionId, Xid, Zxid, records::Acl,
};

use crate::Failure;

/// The session's time-out, in milliseconds.
const TIMEOUT_MS: i32 = 1_000;

/// How often it is heard of.
const PING_EVERY: Duration = Duration::from_millis(200);

/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session on one connection.
pub(crate) struct Session {
    input: TcpStream,
    output: Arc<Mutex<TcpStream>>,
    received: BytesMut,
    xid: i32,
}

impl Session {
    /// Opens one at a member.
    pub(crate) fn open(address: &str) -> Result<Self, Failure> {
        let input = TcpStream::connect(address).map_err(cannot)?;
        input.set_nodelay(true).map_err(cannot)?;
        input.set_read_timeout(Some(PATIENCE)).map_err(cannot)?;
        let output = Arc::new(Mutex::new(input.try_clone().map_err(cannot)?));
        let mut session = Self {
            input,
            output,
            received: BytesMut::new(),
            xid: 0,
        };
        let mut out = BytesMut::new();
        let request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: TIMEOUT_MS,
            session_id: SessionId(0),
            password: Some(Bytes::from_static(&[0; 16])),
            read_only: Some(false),
        };
        request.encode(&mut out);
        send(&session.output, &out)?;
        let frame = session.frame()?;
        let response = ConnectResponse::decode(&frame).map_err(|error| error.to_string())?;
        if response.session_id == SessionId(0) {
            return Err("there is no session".to_owned());
        }
        let output = Arc::clone(&session.output);
        std::thread::spawn(move || {
            let mut ping = BytesMut::new();
            Request::Ping.encode(Xid::PING, &mut ping);
            while send(&output, &ping).is_ok() {
                std::thread::sleep(PING_EVERY);
            }
        });
        Ok(session)
    }

    /// Creates a node; its path, and the zxid that created it. One that is there already is none.
    pub(crate) fn create(
        &mut self,
        path: &str,
        mode: CreateMode,
    ) -> Result<Option<(String, i64)>, Failure> {
        let request = Request::Create2(CreateRequest {
            path: path.into(),
            data: None,
            acl: Some(vec![Acl::open()]),
            flags: mode.number(),
        });
        match self.ask(&request)? {
            Ok(Response::Create2(made)) => {
                Ok(Some((made.path.as_str().to_owned(), made.stat.czxid.0)))
            }
            Err(ErrorCode::NodeExists) => Ok(None),
            other => Err(format!("{path} is not created: {other:?}")),
        }
    }

    /// A node's data.
    pub(crate) fn data(&mut self, path: &str) -> Result<Bytes, Failure> {
        match self.ask(&Request::GetData(read(path)))? {
            Ok(Response::Data(got)) => Ok(got.data.unwrap_or_default()),
            other => Err(format!("{path} is not read: {other:?}")),
        }
    }

    /// The names of a node's children.
    pub(crate) fn children(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        match self.ask(&Request::GetChildren(read(path)))? {
            Ok(Response::Children(got)) => {
                let names = got.children.iter();
                Ok(names.map(|name| name.as_str().to_owned()).collect())
            }
            other => Err(format!("{path} is not read: {other:?}")),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Result<Response, ErrorCode>, Failure> {
        self.xid += 1;
        let xid = Xid(self.xid);
        let mut out = BytesMut::new();
        request.encode(xid, &mut out);
        send(&self.output, &out)?;
        loop {
            let reply = Reply::decode(&self.frame()?, |_| Some(request.opcode()));
            let reply = reply.map_err(|error| error.to_string())?;
            if reply.header.xid == xid {
                return Ok(match reply.header.error {
                    ErrorCode::Ok => Ok(reply.response),
                    error => Err(error),
                });
            }
        }
    }

    fn frame(&mut self) -> Result<Bytes, Failure> {
        let frames = Frames::default();
        loop {
            let frame = frames.split(&mut self.received);
            if let Some(frame) = frame.map_err(|error| error.to_string())? {
                return Ok(frame);
            }
            let mut buffer = [0; 4096];
            match self.input.read(&mut buffer).map_err(cannot)? {
                0 => return Err("the member closed the connection".to_owned()),
                count => self.received.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

fn read(path: &str) -> ReadRequest {
    ReadRequest {
        path: path.into(),
        watch: false,
    }
}

fn send(output: &Mutex<TcpStream>, bytes: &[u8]) -> Result<(), Failure> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(bytes).map_err(cannot)
}

fn cannot(error: std::io::Error) -> Failure {
    format!("the LockService: {error}")
}
