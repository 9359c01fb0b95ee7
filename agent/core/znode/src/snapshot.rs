//! Snapshots: the whole state in pieces of about a wanted size, and the way back.
//!
//! A piece is a row of records, and a record never spans pieces: the header, access control lists by number, sessions by id,
//! releases by path, nodes by key, the end with the digest. Indexes follow from the nodes.

use bytes::Bytes;
use synod_machine::Damaged;
use synod_machine::codec::{Reader, Writer};
use synod_tree::Entry;

use crate::acl::{Acl, Id, Permissions};
use crate::command::Limits;
use crate::incarnation::Incarnation;
use crate::kind::Kind;
use crate::lock::Release;
use crate::mutation::mutated;
use crate::node::{Fields, Packed};
use crate::path::{Key, is_key};
use crate::session::{Attachment, Password, Session, SessionId, key as session_key};
use crate::state::State;
use crate::zxid::Zxid;

/// The format that this build writes, and the only one it reads.
const FORMAT: u8 = 1;

mod tag {
    pub(super) const HEADER: u8 = 1;
    pub(super) const ACL: u8 = 2;
    pub(super) const SESSION: u8 = 3;
    pub(super) const RELEASE: u8 = 4;
    pub(super) const NODE: u8 = 5;
    pub(super) const END: u8 = 6;
}

/// Where a reader stands: before what is next at or after this.
enum Place {
    Header,
    Acls(u64),
    Sessions(Vec<u8>),
    Releases(String),
    Nodes(Vec<u8>),
    End,
    Done,
}

/// Reads a pinned state in pieces.
pub struct SnapshotReader {
    state: State,
    place: Place,
}

impl SnapshotReader {
    pub(crate) const fn new(state: State) -> Self {
        Self {
            state,
            place: Place::Header,
        }
    }

    fn step(&self, out: &mut Writer, target: usize) -> Place {
        let state = &self.state;
        match &self.place {
            Place::Header => {
                header(out, state);
                Place::Acls(0)
            }
            Place::Acls(from) => {
                for listed in state.acls.since(*from) {
                    if out.len() >= target {
                        return Place::Acls(listed.number());
                    }
                    acl(out, listed.number(), &listed.list);
                }
                Place::Sessions(Vec::new())
            }
            Place::Sessions(from) => {
                for found in state.sessions.range(from, None) {
                    if out.len() >= target {
                        return Place::Sessions(session_key(found.id()).to_vec());
                    }
                    session(out, found);
                }
                Place::Releases(String::new())
            }
            Place::Releases(from) => {
                for (path, found) in state.released.since(from) {
                    if out.len() >= target {
                        return Place::Releases(path.to_owned());
                    }
                    release(out, path, found);
                }
                Place::Nodes(Vec::new())
            }
            Place::Nodes(from) => {
                for packed in state.nodes.range(from, None) {
                    if out.len() >= target {
                        return Place::Nodes(packed.key().to_vec());
                    }
                    node(out, state, packed);
                }
                Place::End
            }
            Place::End => {
                out.byte(tag::END);
                out.number(state.digest());
                Place::Done
            }
            Place::Done => Place::Done,
        }
    }
}

impl synod_machine::SnapshotReader for SnapshotReader {
    fn next(&mut self, target: usize) -> Option<Bytes> {
        let mut out = Writer::default();
        let target = target.max(1);
        while out.len() < target && !matches!(self.place, Place::Done) {
            self.place = self.step(&mut out, target);
        }
        Some(out.into_bytes()).filter(|piece| !piece.is_empty())
    }
}

fn header(out: &mut Writer, state: &State) {
    out.byte(tag::HEADER);
    out.byte(FORMAT);
    out.signed(state.zxid.0);
    out.number(state.incarnation.founded_ms());
    out.number(state.acls.next());
    out.number(state.limits.quota_bytes);
    out.flag(state.limits.enforce_quotas);
    out.number(state.limits.timeout_ms_min.into());
    out.number(state.limits.timeout_ms_max.into());
}

fn acl(out: &mut Writer, number: u64, list: &[Acl]) {
    out.byte(tag::ACL);
    out.number(number);
    out.number(list.len() as u64);
    for acl in list {
        out.number(acl.permissions.0.into());
        out.bytes(acl.id.scheme.as_bytes());
        out.bytes(acl.id.id.as_bytes());
    }
}

fn session(out: &mut Writer, session: &Session) {
    out.byte(tag::SESSION);
    out.signed(session.id().0);
    out.bytes(&session.password.0);
    out.number(session.timeout_ms.into());
    out.number(session.member);
    out.signed(session.attachment.0);
}

fn release(out: &mut Writer, path: &str, release: &Release) {
    out.byte(tag::RELEASE);
    out.bytes(path.as_bytes());
    out.signed(release.session.0);
    out.number(release.at_ms);
    out.signed(release.zxid.0);
}

fn node(out: &mut Writer, state: &State, packed: &Packed) {
    let key = Key::from_bytes(packed.key());
    let (fields, data) = state.read(&key).expect("the node was found");
    out.byte(tag::NODE);
    out.bytes(key.bytes());
    for zxid in [fields.czxid, fields.mzxid, fields.pzxid] {
        out.signed(zxid.0);
    }
    out.number(fields.ctime);
    out.number(fields.mtime);
    for number in [fields.version, fields.aversion, fields.creates] {
        out.signed(number.into());
    }
    out.number(fields.children.into());
    let owner = match fields.kind {
        Kind::Ephemeral(_) if mutated("znode.snapshot.loses_owner") => 0,
        kind => kind.owner(),
    };
    out.signed(owner);
    out.number(fields.acl);
    out.optional_bytes(data);
}

/// A state being put together from pieces.
pub(crate) struct Restore {
    state: State,
    next_acl: Option<u64>,
    digest: Option<u64>,
}

impl Default for Restore {
    fn default() -> Self {
        Self {
            state: State::empty(),
            next_acl: None,
            digest: None,
        }
    }
}

impl Restore {
    pub(crate) fn piece(&mut self, piece: &Bytes) -> Result<(), Damaged> {
        let mut input = Reader::new(piece.clone());
        while !input.is_empty() {
            self.record(&mut input).ok_or_else(|| {
                Damaged(format!(
                    "a record of a snapshot does not decode, after {} sessions and {} nodes",
                    self.state.sessions.len(),
                    self.state.nodes.len()
                ))
            })?;
        }
        Ok(())
    }

    fn record(&mut self, input: &mut Reader) -> Option<()> {
        let tag = input.byte()?;
        if self.next_acl.is_some() == (tag == tag::HEADER) || self.digest.is_some() {
            return None;
        }
        match tag {
            tag::HEADER => self.header(input),
            tag::ACL => self.acl(input),
            tag::SESSION => self.session(input),
            tag::RELEASE => self.release(input),
            tag::NODE => self.node(input),
            tag::END => {
                self.digest = Some(input.number()?);
                Some(())
            }
            _ => None,
        }
    }

    fn header(&mut self, input: &mut Reader) -> Option<()> {
        if input.byte()? != FORMAT {
            return None;
        }
        self.state.zxid = Zxid(input.signed()?);
        self.state.incarnation = Incarnation::new(input.number()?);
        self.next_acl = Some(input.number()?);
        self.state.limits = Limits {
            quota_bytes: input.number()?,
            enforce_quotas: input.flag()?,
            timeout_ms_min: input.small()?,
            timeout_ms_max: input.small()?,
        };
        Some(())
    }

    fn acl(&mut self, input: &mut Reader) -> Option<()> {
        let number = input.number()?;
        let count = input.count()?;
        let list: Option<Vec<Acl>> = (0..count)
            .map(|_| {
                let permissions = Permissions(input.small()?);
                let id = Id {
                    scheme: input.text()?,
                    id: input.text()?,
                };
                Some(Acl { permissions, id })
            })
            .collect();
        self.state.acls.restore(number, list?).then_some(())
    }

    fn session(&mut self, input: &mut Reader) -> Option<()> {
        let id = SessionId(input.signed()?);
        let password = Password(input.bytes()?.as_ref().try_into().ok()?);
        let (timeout_ms, member) = (input.small()?, input.number()?);
        let session = Session::new(
            id,
            password,
            timeout_ms,
            member,
            Attachment(input.signed()?),
        );
        let new = self.state.session(id).is_none();
        new.then(|| self.state.put_session(session))
    }

    fn release(&mut self, input: &mut Reader) -> Option<()> {
        let path = input.text()?;
        let release = Release {
            session: SessionId(input.signed()?),
            at_ms: input.number()?,
            zxid: Zxid(input.signed()?),
        };
        self.state.released.insert(&path, release);
        Some(())
    }

    fn node(&mut self, input: &mut Reader) -> Option<()> {
        let key = input.bytes().filter(|key| is_key(key))?;
        let key = Key::from_bytes(&key);
        let fields = fields(input)?;
        let data = input.optional_bytes()?;
        let fits = self.state.get(&key).is_none() && self.state.acls.has(fields.acl);
        fits.then(|| self.state.insert(&key, &fields, data.as_deref()))
    }

    pub(crate) fn finish(mut self) -> Result<State, Damaged> {
        let damaged = |what: &str| Damaged(format!("the snapshot {what}"));
        let expected = self.digest.ok_or_else(|| damaged("has no end"))?;
        let next = self.next_acl.ok_or_else(|| damaged("has no header"))?;
        if !self.state.acls.restore_next(next) {
            return Err(damaged("numbers a list above the next number"));
        }
        self.state.acls.sweep();
        if !self.state.is_whole() {
            return Err(damaged(
                "has nodes without their parents, or counts them otherwise",
            ));
        }
        Damaged::unless_same_digest(self.state.digest(), expected)?;
        Ok(self.state)
    }
}

fn fields(input: &mut Reader) -> Option<Fields> {
    let [czxid, mzxid, pzxid] = [
        Zxid(input.signed()?),
        Zxid(input.signed()?),
        Zxid(input.signed()?),
    ];
    let (ctime, mtime) = (input.number()?, input.number()?);
    let mut number = || i32::try_from(input.signed()?).ok();
    let [version, aversion, creates] = [number()?, number()?, number()?];
    Some(Fields {
        czxid,
        mzxid,
        pzxid,
        ctime,
        mtime,
        version,
        aversion,
        creates,
        children: input.small()?,
        kind: Kind::of_owner(input.signed()?),
        acl: input.number()?,
    })
}
