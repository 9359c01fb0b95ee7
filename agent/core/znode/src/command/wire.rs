//! The bytes of a command: a format byte, a tag byte, and the tag's fields. Decoding takes any bytes, copies no data, and
//! allocates no more than a small multiple of what the input is long.

use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use synod_machine::UnknownCommand;
use synod_machine::codec::{Reader, Writer};
use synod_paxos::{Ballot, Node};

use super::{Asker, Command, Limits, MULTI_OPS_MAX, Op, Write};
use crate::acl::{Acl, Id, Permissions};
use crate::session::{Attachment, Password, SessionId};

/// The format that this build writes, and the only one it reads.
const FORMAT: u8 = 1;

mod tag {
    pub(super) const WRITE: u8 = 1;
    pub(super) const CREATE_SESSION: u8 = 2;
    pub(super) const ATTACH: u8 = 3;
    pub(super) const CLOSE_SESSION: u8 = 4;
    pub(super) const EXPIRE: u8 = 5;
    pub(super) const REAP: u8 = 6;
    pub(super) const CONFIGURE: u8 = 7;
    pub(super) const SET_MEMBERS: u8 = 8;

    pub(super) const CREATE: u8 = 1;
    pub(super) const DELETE: u8 = 2;
    pub(super) const SET_DATA: u8 = 3;
    pub(super) const SET_ACL: u8 = 4;
    pub(super) const CHECK: u8 = 5;
    pub(super) const MULTI: u8 = 6;
    pub(super) const REFUSED: u8 = 7;
}

impl Command {
    /// The command's bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = CommandWriter::default();
        out.byte(FORMAT);
        match self {
            Self::Write { by, writes } => {
                out.byte(tag::WRITE);
                out.asker(by);
                out.number(writes.len() as u64);
                writes.iter().for_each(|write| out.write(write));
            }
            Self::CreateSession {
                id,
                password,
                timeout_ms,
                member,
            } => {
                out.session(tag::CREATE_SESSION, *id, *password, *timeout_ms, *member);
            }
            Self::Attach {
                id,
                password,
                timeout_ms,
                member,
            } => {
                out.session(tag::ATTACH, *id, *password, *timeout_ms, *member);
            }
            Self::CloseSession { by } => {
                out.byte(tag::CLOSE_SESSION);
                out.asker(by);
            }
            Self::Expire { ballot, sessions } => out.expire(*ballot, sessions),
            Self::Reap { paths } => {
                out.byte(tag::REAP);
                out.number(paths.len() as u64);
                paths.iter().for_each(|path| out.bytes(path.as_bytes()));
            }
            Self::Configure(limits) => out.limits(limits),
            Self::SetMembers { text } => {
                out.byte(tag::SET_MEMBERS);
                out.bytes(text.as_bytes());
            }
        }
        out.0.into_bytes()
    }

    /// Reads a command; data shares `bytes`.
    ///
    /// # Errors
    /// If the bytes are no command that this build knows.
    pub fn decode(bytes: &Bytes) -> Result<Self, UnknownCommand> {
        let mut input = CommandReader(Reader::new(bytes.clone()));
        input
            .command()
            .ok_or_else(|| UnknownCommand::of_bytes(bytes, FORMAT))
    }
}

/// Writes commands.
#[derive(Default)]
struct CommandWriter(Writer);

impl Deref for CommandWriter {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        &self.0
    }
}

impl DerefMut for CommandWriter {
    fn deref_mut(&mut self) -> &mut Writer {
        &mut self.0
    }
}

impl CommandWriter {
    fn asker(&mut self, by: &Asker) {
        self.signed(by.session.0);
        self.signed(by.attachment.0);
        self.number(by.ids.len() as u64);
        by.ids.iter().for_each(|id| self.id(id));
    }

    fn id(&mut self, id: &Id) {
        self.bytes(id.scheme.as_bytes());
        self.bytes(id.id.as_bytes());
    }

    fn acl(&mut self, acl: &[Acl]) {
        self.number(acl.len() as u64);
        for acl in acl {
            self.number(acl.permissions.0.into());
            self.id(&acl.id);
        }
    }

    fn target(&mut self, tag: u8, path: &str, version: i32) {
        self.byte(tag);
        self.bytes(path.as_bytes());
        self.signed(version.into());
    }

    fn write(&mut self, write: &Write) {
        match write {
            Write::One(op) => self.op(op),
            Write::Refused => self.byte(tag::REFUSED),
            Write::Multi(ops) => {
                self.byte(tag::MULTI);
                self.number(ops.len() as u64);
                ops.iter().for_each(|op| self.op(op));
            }
        }
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Create {
                path,
                data,
                acl,
                flags,
                ttl_ms,
            } => {
                self.byte(tag::CREATE);
                self.bytes(path.as_bytes());
                self.signed((*flags).into());
                self.signed(*ttl_ms);
                self.acl(acl);
                self.optional_bytes(data.as_deref());
            }
            Op::Delete { path, version } => self.target(tag::DELETE, path, *version),
            Op::SetData {
                path,
                data,
                version,
            } => {
                self.target(tag::SET_DATA, path, *version);
                self.optional_bytes(data.as_deref());
            }
            Op::SetAcl { path, acl, version } => {
                self.target(tag::SET_ACL, path, *version);
                self.acl(acl);
            }
            Op::Check { path, version } => self.target(tag::CHECK, path, *version),
        }
    }

    fn session(
        &mut self,
        tag: u8,
        id: SessionId,
        password: Password,
        timeout_ms: u32,
        member: u64,
    ) {
        self.byte(tag);
        self.signed(id.0);
        self.bytes(&password.0);
        self.number(timeout_ms.into());
        self.number(member);
    }

    fn expire(&mut self, ballot: Ballot, sessions: &[(SessionId, Attachment)]) {
        self.byte(tag::EXPIRE);
        self.number(ballot.round);
        self.number(ballot.node.0);
        self.number(sessions.len() as u64);
        for (id, attachment) in sessions {
            self.signed(id.0);
            self.signed(attachment.0);
        }
    }

    fn limits(&mut self, limits: &Limits) {
        self.byte(tag::CONFIGURE);
        self.number(limits.quota_bytes);
        self.flag(limits.enforce_quotas);
        self.number(limits.timeout_ms_min.into());
        self.number(limits.timeout_ms_max.into());
    }
}

/// Reads commands.
struct CommandReader(Reader);

impl Deref for CommandReader {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl DerefMut for CommandReader {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.0
    }
}

impl CommandReader {
    fn command(&mut self) -> Option<Command> {
        if self.byte()? != FORMAT {
            return None;
        }
        let command = match self.byte()? {
            tag::WRITE => Command::Write {
                by: self.asker()?,
                writes: self.many(Self::write)?,
            },
            tag::CREATE_SESSION => {
                let (id, password, timeout_ms, member) = self.session()?;
                Command::CreateSession {
                    id,
                    password,
                    timeout_ms,
                    member,
                }
            }
            tag::ATTACH => {
                let (id, password, timeout_ms, member) = self.session()?;
                Command::Attach {
                    id,
                    password,
                    timeout_ms,
                    member,
                }
            }
            tag::CLOSE_SESSION => Command::CloseSession { by: self.asker()? },
            tag::EXPIRE => Command::Expire {
                ballot: Ballot {
                    round: self.number()?,
                    node: Node(self.number()?),
                },
                sessions: self.many(|input| {
                    Some((SessionId(input.signed()?), Attachment(input.signed()?)))
                })?,
            },
            tag::REAP => Command::Reap {
                paths: self.many(|input| input.text())?,
            },
            tag::CONFIGURE => Command::Configure(self.limits()?),
            tag::SET_MEMBERS => Command::SetMembers { text: self.text()? },
            _ => return None,
        };
        self.is_empty().then_some(command)
    }

    fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn asker(&mut self) -> Option<Asker> {
        Some(Asker {
            session: SessionId(self.signed()?),
            attachment: Attachment(self.signed()?),
            ids: self.many(Self::id)?,
        })
    }

    fn id(&mut self) -> Option<Id> {
        Some(Id {
            scheme: self.text()?,
            id: self.text()?,
        })
    }

    fn acl(&mut self) -> Option<Vec<Acl>> {
        self.many(|input| {
            Some(Acl {
                permissions: Permissions(input.small()?),
                id: input.id()?,
            })
        })
    }

    fn target(&mut self) -> Option<(String, i32)> {
        Some((self.text()?, i32::try_from(self.signed()?).ok()?))
    }

    fn write(&mut self) -> Option<Write> {
        match self.byte()? {
            tag::MULTI => {
                let ops = self.many(|input| {
                    let tag = input.byte()?;
                    input.op(tag)
                })?;
                (ops.len() <= MULTI_OPS_MAX).then_some(Write::Multi(ops))
            }
            tag::REFUSED => Some(Write::Refused),
            tag => self.op(tag).map(Write::One),
        }
    }

    fn op(&mut self, tag: u8) -> Option<Op> {
        Some(match tag {
            tag::CREATE => {
                let path = self.text()?;
                let flags = i32::try_from(self.signed()?).ok()?;
                let ttl_ms = self.signed()?;
                let acl = self.acl()?;
                Op::Create {
                    path,
                    data: self.optional_bytes()?,
                    acl,
                    flags,
                    ttl_ms,
                }
            }
            tag::DELETE => {
                let (path, version) = self.target()?;
                Op::Delete { path, version }
            }
            tag::SET_DATA => {
                let (path, version) = self.target()?;
                Op::SetData {
                    path,
                    data: self.optional_bytes()?,
                    version,
                }
            }
            tag::SET_ACL => {
                let (path, version) = self.target()?;
                Op::SetAcl {
                    path,
                    acl: self.acl()?,
                    version,
                }
            }
            tag::CHECK => {
                let (path, version) = self.target()?;
                Op::Check { path, version }
            }
            _ => return None,
        })
    }

    fn session(&mut self) -> Option<(SessionId, Password, u32, u64)> {
        let id = SessionId(self.signed()?);
        let password = Password(self.bytes()?.as_ref().try_into().ok()?);
        Some((id, password, self.small()?, self.number()?))
    }

    fn limits(&mut self) -> Option<Limits> {
        Some(Limits {
            quota_bytes: self.number()?,
            enforce_quotas: self.flag()?,
            timeout_ms_min: self.small()?,
            timeout_ms_max: self.small()?,
        })
    }
}
