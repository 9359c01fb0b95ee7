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
use synod_jute::records::{ConnectResponse, Stat};
use synod_jute::wire::Wire;
use synod_jute::{OpCode, ReplyHeader, SessionId, Zxid};

use super::body::{Body, body};
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

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use synod_jute::{Frames, Reply, Response, Xid};

    use super::*;

    const NOW: i64 = 1_000;

    fn now() -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(since.as_millis()).unwrap() - NOW
    }

    /// A reply to exists: of a node that was created at one position and set at another.
    fn exists(zxid: i64, czxid: i64, mzxid: i64, ctime_ms: i64, mtime_ms: i64) -> Came {
        let stat = Stat {
            czxid: Zxid(czxid),
            mzxid: Zxid(mzxid),
            ctime_ms,
            mtime_ms,
            pzxid: Zxid(czxid),
            ..Stat::default()
        };
        let mut out = BytesMut::new();
        Reply::ok(Xid(1), Zxid(zxid), Response::Stat(stat)).encode(&mut out);
        let frame = Frames::default().split(&mut out).unwrap().unwrap();
        Came::Frame(Some(OpCode::Exists), frame)
    }

    /// The lines of all.
    fn lines(all: &[Came]) -> Vec<String> {
        let mut symbols = Symbols::default();
        for came in all {
            symbols.learn(came);
        }
        let lines = all.iter().map(|came| symbols.lines("A", came, false));
        lines.flatten().collect()
    }

    #[test]
    fn numbers_do_not_matter_but_their_relations_do() {
        let now = now();
        let recorded = lines(&[exists(10, 5, 5, now, now), exists(12, 5, 11, now, now + 3)]);
        for (what, same, played) in [
            (
                "other numbers in the same order",
                true,
                [
                    exists(7, 3, 3, now + 1, now + 1),
                    exists(9, 3, 8, now + 1, now + 1),
                ],
            ),
            (
                "a position that is another's",
                false,
                [exists(10, 5, 5, now, now), exists(11, 5, 11, now, now + 3)],
            ),
            (
                "another order",
                false,
                [exists(12, 5, 5, now, now), exists(10, 5, 11, now, now + 3)],
            ),
            (
                "two times of one position",
                false,
                [
                    exists(10, 5, 5, now, now),
                    exists(12, 5, 11, now + 1, now + 3),
                ],
            ),
            (
                "no time at all",
                false,
                [exists(10, 5, 5, 0, 0), exists(12, 5, 11, 0, now + 3)],
            ),
            (
                "a time of long ago",
                false,
                [exists(10, 5, 5, 77, 77), exists(12, 5, 11, 77, now + 3)],
            ),
            (
                "no position",
                false,
                [exists(10, 5, 5, now, now), exists(12, 5, 0, now, now + 3)],
            ),
        ] {
            assert_eq!(lines(&played) == recorded, same, "{what}");
        }
    }

    #[test]
    fn every_other_byte_matters() {
        let now = now();
        let Came::Frame(opcode, frame) = exists(10, 5, 5, now, now) else {
            unreachable!("a frame was made");
        };
        let recorded = lines(&[Came::Frame(opcode, frame.clone())]);
        // Of the positions and times, a change alone is a change of numbers, which may be allowed.
        let named = [4..12, 16..24, 24..32, 32..40, 40..48, 76..84];
        for at in (0..frame.len()).filter(|at| !named.iter().any(|range| range.contains(at))) {
            let mut changed = frame.to_vec();
            changed[at] ^= 1;
            let played = lines(&[Came::Frame(opcode, changed.into())]);
            assert_ne!(played, recorded, "byte {at}");
        }
    }
}
