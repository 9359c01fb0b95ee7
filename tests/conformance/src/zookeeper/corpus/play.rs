//! Steps and connections.
//!
//! A step is a line: a connection's name, what it does, and maybe how that is to be taken:
//!
//! ```text
//! A connect timeout=30000 readonly=yes    a new session; also readonly=no (as if not said), readonly=none (an old client)
//! B connect session=A                     goes on with A's session; also password=wrong, ~ or empty, id=N, zxid=N
//! A drop                                  closes the connection without a word; the session stays
//! A reconnect                             the same as `connect session=A zxid=` what A saw last
//! A open                                  a connection without a session
//! A REQUEST ; REQUEST                     requests in one write, see `request`
//! A bytes HEX                             bytes without a length
//! A word ruok                             a four-letter word, and the text that comes
//! A await                                 waits for one more frame
//! A mark NAME                             what A saw last gets a name, `$NAME`; `$session` is A's session
//! ... | closes                            the server closes the connection; everything up to that is read
//! ... | unordered                         events in a row, and entries of access lists, have no order
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use synod_jute::records::ConnectRequest;
use synod_jute::{OpCode, SessionId, Zxid};

use super::client::{Came, Client};
use super::request::{Ready, request};
use super::script::{Script, Step};
use super::symbols::Symbols;
use super::words::{Word, hex, words};
use crate::Failure;

/// What a played script came to.
pub(super) struct Outcome {
    /// The lines under each step.
    pub(super) lines: Vec<Vec<String>>,
    /// How many requests were made, connect requests and pings of the script's own included.
    pub(super) requests: usize,
}

/// What came in a step, with the connections' names.
struct Played {
    came: Vec<(String, Came)>,
    unordered: bool,
}

/// Plays all steps.
pub(super) fn play(script: &Script, address: SocketAddr) -> Result<Outcome, Failure> {
    let mut stage = Stage {
        address,
        clients: BTreeMap::new(),
        marks: BTreeMap::new(),
        requests: 0,
    };
    let played = script
        .steps()
        .map(|step| stage.step(step).map_err(|why| script.place(step, &why)))
        .collect::<Result<Vec<_>, _>>()?;
    stage.close();
    let mut symbols = Symbols::default();
    for (_, came) in played.iter().flat_map(|step| &step.came) {
        symbols.learn(came);
    }
    let lines = played.iter().map(|step| lines(step, &symbols)).collect();
    Ok(Outcome {
        lines,
        requests: stage.requests,
    })
}

/// What came in a step as lines.
fn lines(step: &Played, symbols: &Symbols) -> Vec<String> {
    let line = |(name, came): &(String, Came)| {
        let is_event = matches!(came, Came::Frame(None, _));
        (is_event, symbols.lines(name, came, step.unordered))
    };
    let mut all: Vec<_> = step.came.iter().map(line).collect();
    if step.unordered {
        for events in all.chunk_by_mut(|(one, _), (other, _)| *one && *other) {
            events.sort();
        }
    }
    all.into_iter().flat_map(|(_, lines)| lines).collect()
}

/// The connections of a script that is being played.
struct Stage {
    address: SocketAddr,
    clients: BTreeMap<String, Client>,
    marks: BTreeMap<String, i64>,
    requests: usize,
}

impl Stage {
    /// Carries out a step, and then asks all other connections for a pong.
    fn step(&mut self, step: &Step) -> Result<Played, Failure> {
        let mut text = step.text.as_str();
        let (mut closes, mut unordered) = (false, false);
        while let Some((before, how)) = text.rsplit_once(" | ") {
            match how {
                "closes" => closes = true,
                "unordered" => unordered = true,
                _ => return Err(format!("`{how}` is no way to take a step")),
            }
            text = before;
        }
        let (name, does) = text.split_once(' ').ok_or("a connection does nothing")?;
        let own = self.acts(name, does, closes)?;
        let mut came: Vec<_> = own
            .into_iter()
            .map(|came| (name.to_owned(), came))
            .collect();
        for (other, client) in &mut self.clients {
            if other != name && client.in_session {
                let others = client.fence(0)?.into_iter();
                came.extend(others.map(|came| (other.clone(), came)));
            }
        }
        Ok(Played { came, unordered })
    }

    fn acts(&mut self, name: &str, does: &str, closes: bool) -> Result<Vec<Came>, Failure> {
        let (verb, rest) = does.split_once(' ').unwrap_or((does, ""));
        match verb {
            "connect" => return self.connect(name, &words(rest)?),
            "reconnect" => {
                let again = format!("session={name} zxid={}", self.client(name).zxid.0);
                self.client(name).close();
                return self.connect(name, &words(&format!("{again} {rest}"))?);
            }
            "mark" => {
                let zxid = self.client(name).zxid.0;
                self.marks.insert(rest.to_owned(), zxid);
            }
            "drop" => self.client(name).close(),
            "open" => self.client(name).open()?,
            "await" => {
                let came = self.client(name).next()?;
                return Ok(vec![came]);
            }
            "bytes" => self.client(name).send(&hex(rest)?)?,
            "word" => {
                let client = self.client(name);
                client.open()?;
                client.send(&words(rest)?[0].0.clone().unwrap_or_default())?;
                return Ok(vec![client.text()?]);
            }
            _ => return self.requests(name, does, closes),
        }
        let client = self.client(name);
        if closes {
            client.rest()
        } else {
            Ok(Vec::new())
        }
    }

    fn client(&mut self, name: &str) -> &mut Client {
        let address = self.address;
        let client = self.clients.entry(name.to_owned());
        client.or_insert_with(|| Client::new(address))
    }

    fn requests(&mut self, name: &str, line: &str, closes: bool) -> Result<Vec<Came>, Failure> {
        let mut marks = self.marks.clone();
        let client = self.client(name);
        marks.insert("session".to_owned(), client.session.0.0);
        let mark = |name: &str| {
            let mark = marks.get(name).copied();
            mark.ok_or_else(|| format!("nothing was marked `{name}`"))
        };
        let requests = line
            .split(" ; ")
            .map(|one| request(one, &mut client.xid, mark))
            .collect::<Result<Vec<Ready>, _>>()?;
        client.request(&requests)?;
        let is_ping = |one: &&Ready| one.opcode == Some(OpCode::Ping);
        let pings = requests.iter().filter(is_ping).count();
        let came = if closes {
            client.rest()?
        } else {
            client.fence(pings)?
        };
        self.requests += requests.len();
        Ok(came)
    }

    fn connect(&mut self, name: &str, options: &[Word]) -> Result<Vec<Came>, Failure> {
        let mut request = ConnectRequest {
            protocol_version: 0,
            last_zxid_seen: Zxid(0),
            timeout_ms: 30_000,
            session_id: SessionId(0),
            password: Some(Bytes::from_static(&[0; 16])),
            read_only: Some(false),
        };
        for option in options {
            self.option(&mut request, option.text()?)?;
        }
        self.requests += 1;
        let client = self.client(name);
        let mut came = vec![client.connect(&request)?];
        // A session that is refused is followed by the end.
        if matches!(came[0], Came::Connected(_)) {
            came.extend(if client.in_session {
                client.fence(0)?
            } else {
                client.rest()?
            });
        }
        Ok(came)
    }

    fn option(&mut self, request: &mut ConnectRequest, option: &str) -> Result<(), Failure> {
        let (key, value) = option
            .split_once('=')
            .ok_or_else(|| format!("`{option}` is no option"))?;
        let number = || Word(Some(value.as_bytes().to_vec())).number();
        match (key, value) {
            ("timeout", _) => {
                request.timeout_ms = number()? as i32;
            }
            ("zxid", _) => request.last_zxid_seen = Zxid(number()?),
            ("id", _) => request.session_id = SessionId(number()?),
            ("session", other) => {
                (request.session_id, request.password) = self.client(other).session.clone();
            }
            ("password", "wrong") => request.password = Some(Bytes::from_static(&[7; 16])),
            ("password", "empty") => request.password = Some(Bytes::new()),
            ("password", "~") => request.password = None,
            ("readonly", "yes") => request.read_only = Some(true),
            ("readonly", "no") => request.read_only = Some(false),
            ("readonly", "none") => request.read_only = None,
            _ => return Err(format!("`{option}` is no option")),
        }
        Ok(())
    }

    /// Ends what sessions are still attached. What comes of it is not looked at: the script is over.
    fn close(&mut self) {
        for client in self.clients.values_mut().filter(|client| client.in_session) {
            let none = |_: &str| Err(String::new());
            if let Ok(request) = request("closeSession", &mut client.xid, none) {
                let _ = client.request(&[request]).and_then(|()| client.rest());
            }
        }
    }
}
