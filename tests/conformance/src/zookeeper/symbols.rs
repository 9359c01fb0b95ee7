//! Names for what differs from run to run, and replies as lines.
//!
//! | what | name | what is compared |
//! |---|---|---|
//! | zxid above 0 | `z3` | its rank among all that were seen in the script: their order, and which are equal |
//! | session | `s2` | the order of their opening, and which are equal |
//! | password | `p2` | that it is always the same one of session `s2` |
//! | time | `t3` | that it is always the same one with `z3`, and a time of now |
//!
//! Bytes that keep no promise of these stand there as they are, and so are a difference. All other bytes do, too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use synod_jute::records::{Acl, ClientInfo, ConnectResponse, Stat};
use synod_jute::wire::{Reader, Wire};
use synod_jute::{DecodeError, ErrorCode, OpCode, ReplyHeader, SessionId, Text, Zxid};

use super::client::Came;
use super::script::below;
use super::show;

/// Longer replies are shown by their beginning and a checksum; in bytes.
const SHOWN_BYTES_MAX: usize = 1200;

/// How far a time may be from now, in milliseconds: the longest that a script takes.
const NOW_MS: i64 = 600_000;

/// What was seen.
#[derive(Default)]
pub(super) struct Symbols {
    zxids: BTreeSet<Zxid>,
    times: BTreeMap<Zxid, i64>,
    /// With their passwords, in the order of their coming.
    sessions: Vec<(SessionId, Option<Bytes>)>,
}

/// A reply's bytes with what has no order sorted, and where its stats are.
struct Body {
    frame: Bytes,
    stats: Vec<usize>,
}

impl Symbols {
    /// Takes note of what is in a frame.
    pub(super) fn learn(&mut self, came: &Came) {
        match came {
            Came::Connected(frame) => {
                if let Ok(response) = ConnectResponse::decode(frame) {
                    self.learn_session(response);
                }
            }
            Came::Frame(opcode, frame) => {
                if let Ok(header) = ReplyHeader::decode(frame) {
                    self.learn_zxid(header.zxid);
                }
                let stats = body(*opcode, frame, false).map_or_else(|_| Vec::new(), |b| b.stats);
                for at in stats {
                    self.learn_stat(frame, at);
                }
            }
            Came::Text(_) | Came::Closed => {}
        }
    }

    fn learn_session(&mut self, response: ConnectResponse) {
        let id = response.session_id;
        if id != SessionId(0) && self.session(id).is_none() {
            self.sessions.push((id, response.password));
        }
    }

    fn learn_zxid(&mut self, zxid: Zxid) {
        if zxid > Zxid(0) {
            self.zxids.insert(zxid);
        }
    }

    fn learn_stat(&mut self, frame: &Bytes, at: usize) {
        let Ok(stat) = Stat::decode(&frame.slice(at..)) else {
            return;
        };
        for zxid in [stat.czxid, stat.mzxid, stat.pzxid] {
            self.learn_zxid(zxid);
        }
        self.times.entry(stat.czxid).or_insert(stat.ctime_ms);
        self.times.entry(stat.mzxid).or_insert(stat.mtime_ms);
    }

    fn session(&self, id: SessionId) -> Option<usize> {
        self.sessions.iter().position(|(known, _)| *known == id)
    }

    /// A zxid's name.
    pub(super) fn zxid(&self, zxid: Zxid) -> String {
        if zxid <= Zxid(0) {
            return zxid.0.to_string();
        }
        format!("z{}", self.zxids.range(..=zxid).count())
    }

    /// A session's name; what is none, as a number.
    pub(super) fn owner(&self, id: SessionId) -> String {
        match self.session(id) {
            Some(index) => format!("s{}", index + 1),
            None => id.to_string(),
        }
    }

    /// The name of a time that goes with a zxid.
    pub(super) fn time(&self, zxid: Zxid, ms: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
        let holds = self.times.get(&zxid) == Some(&ms) && (now - ms).abs() < NOW_MS;
        if zxid > Zxid(0) && holds {
            format!("t{}", &self.zxid(zxid)[1..])
        } else {
            ms.to_string()
        }
    }

    /// What came, as lines of a script.
    pub(super) fn lines(&self, name: &str, came: &Came, unordered: bool) -> Vec<String> {
        match came {
            Came::Closed => vec![below(&format!("{name} closed"))],
            Came::Text(text) => text
                .lines()
                .map(|line| below(&format!("{name} says {line}")))
                .collect(),
            Came::Connected(frame) => vec![
                below(&format!("{name} {}", show::connected(frame, self))),
                below(&format!("= {}", hex(frame, &self.of_connect(frame)))),
            ],
            Came::Frame(opcode, frame) => self.of_reply(name, *opcode, frame, unordered),
        }
    }

    fn of_reply(
        &self,
        name: &str,
        opcode: Option<OpCode>,
        frame: &Bytes,
        unordered: bool,
    ) -> Vec<String> {
        let body = body(opcode, frame, unordered).unwrap_or_else(|_| Body {
            frame: frame.clone(),
            stats: Vec::new(),
        });
        let mut names = Vec::new();
        if let Ok(header) = ReplyHeader::decode(&body.frame) {
            self.name(&mut names, 4, 8, self.zxid(header.zxid));
        }
        for at in &body.stats {
            self.of_stat(&mut names, &body.frame, *at);
        }
        vec![
            below(&format!(
                "{name} {}",
                show::reply(opcode, &body.frame, self)
            )),
            below(&format!("= {}", hex(&body.frame, &names))),
        ]
    }

    /// Notes that these bytes have a name, if it is one.
    fn name(&self, names: &mut Vec<(usize, usize, String)>, at: usize, len: usize, name: String) {
        if name.starts_with(['z', 't', 's', 'p']) {
            names.push((at, len, name));
        }
    }

    /// Names within a stat: the offsets are those of its fields.
    fn of_stat(&self, names: &mut Vec<(usize, usize, String)>, frame: &Bytes, at: usize) {
        let Ok(stat) = Stat::decode(&frame.slice(at..)) else {
            return;
        };
        self.name(names, at, 8, self.zxid(stat.czxid));
        self.name(names, at + 8, 8, self.zxid(stat.mzxid));
        self.name(names, at + 16, 8, self.time(stat.czxid, stat.ctime_ms));
        self.name(names, at + 24, 8, self.time(stat.mzxid, stat.mtime_ms));
        self.name(names, at + 44, 8, self.owner(stat.ephemeral_owner));
        self.name(names, at + 60, 8, self.zxid(stat.pzxid));
    }

    fn of_connect(&self, frame: &Bytes) -> Vec<(usize, usize, String)> {
        let mut names = Vec::new();
        let Ok(response) = ConnectResponse::decode(frame) else {
            return names;
        };
        self.name(&mut names, 8, 8, self.owner(response.session_id));
        let known = self.session(response.session_id);
        if let Some(index) = known.filter(|index| self.sessions[*index].1 == response.password) {
            let len = response.password.map_or(0, |password| password.len());
            self.name(&mut names, 20, len, format!("p{}", index + 1));
        }
        names
    }
}

/// Bytes in hexadecimal, with names for some.
fn hex(bytes: &[u8], names: &[(usize, usize, String)]) -> String {
    let (mut text, mut at) = (String::new(), 0);
    for (start, len, name) in names {
        digits(&mut text, &bytes[at..*start]);
        let _ = write!(text, "<{name}>");
        at = start + len;
    }
    digits(&mut text, &bytes[at..]);
    if bytes.len() <= SHOWN_BYTES_MAX {
        return text;
    }
    // FNV-1a, of the text with its names.
    let checksum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    text.truncate(128);
    format!("{text}.. {} bytes, {checksum:016x}", bytes.len())
}

fn digits(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
}

/// Walks through a reply.
struct Walk {
    input: Reader,
    bytes: Vec<u8>,
    stats: Vec<usize>,
}

/// Sorts what has no order in a reply, and finds its stats.
fn body(opcode: Option<OpCode>, frame: &Bytes, unordered: bool) -> Result<Body, DecodeError> {
    let mut walk = Walk {
        input: Reader::new(frame.clone()),
        bytes: frame.to_vec(),
        stats: Vec::new(),
    };
    let header: ReplyHeader = walk.input.read("header")?;
    if let Some(opcode) = opcode.filter(|_| header.error == ErrorCode::Ok) {
        walk.response(opcode, unordered)?;
    }
    Ok(Body {
        frame: walk.bytes.into(),
        stats: walk.stats,
    })
}

impl Walk {
    fn response(&mut self, opcode: OpCode, unordered: bool) -> Result<(), DecodeError> {
        match opcode {
            OpCode::Exists | OpCode::SetData | OpCode::SetAcl => self.stat(),
            OpCode::Create2 | OpCode::CreateContainer | OpCode::CreateTtl => {
                self.input.read::<Text>("path")?;
                self.stat()
            }
            OpCode::GetData => {
                self.input.read::<Option<Bytes>>("data")?;
                self.stat()
            }
            OpCode::GetAcl => {
                self.vector::<Acl>(unordered)?;
                self.stat()
            }
            OpCode::GetChildren | OpCode::GetEphemerals => self.vector::<Text>(true),
            OpCode::GetChildren2 => {
                self.vector::<Text>(true)?;
                self.stat()
            }
            OpCode::WhoAmI => self.vector::<ClientInfo>(true),
            OpCode::Multi | OpCode::MultiRead => self.results(),
            _ => Ok(()),
        }
    }

    fn stat(&mut self) -> Result<(), DecodeError> {
        self.stats.push(self.input.offset());
        self.input.read::<Stat>("stat").map(drop)
    }

    /// A vector, whose elements are sorted by their bytes if they have no order.
    fn vector<T: Wire>(&mut self, sort: bool) -> Result<(), DecodeError> {
        let count: i32 = self.input.read("count")?;
        let (begin, mut elements) = (self.input.offset(), Vec::new());
        for _ in 0..count {
            let start = self.input.offset();
            self.input.read::<T>("element")?;
            elements.push(self.bytes[start..self.input.offset()].to_vec());
        }
        if sort {
            elements.sort();
            let sorted = elements.concat();
            self.bytes[begin..begin + sorted.len()].copy_from_slice(&sorted);
        }
        Ok(())
    }

    fn results(&mut self) -> Result<(), DecodeError> {
        loop {
            let kind: i32 = self.input.read("kind")?;
            let done: bool = self.input.read("done")?;
            self.input.read::<i32>("error")?;
            if done {
                return Ok(());
            }
            match OpCode::of_number(kind) {
                Some(OpCode::Create) => self.input.read::<Text>("path").map(drop)?,
                Some(opcode) => self.response(opcode, false)?,
                None => self.input.read::<i32>("error").map(drop)?,
            }
        }
    }
}
