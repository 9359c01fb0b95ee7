//! Applying commands, one file each. Every refusal leaves the state as it was but for the zxid; whatever a command does, all
//! members do alike.

mod check;
mod configure;
mod create;
mod delete;
mod multi;
mod reap;
mod session;
mod set_acl;
mod set_data;

use synod_machine::Stamp;

pub(crate) use reap::is_over;

use crate::acl::{self, Id, Permissions};
use crate::command::{Asker, Command, Op, Write};
use crate::error::Error;
use crate::incarnation::Incarnation;
use crate::kind::CreateMode;
use crate::mutation::mutated;
use crate::node::Fields;
use crate::response::{Answer, Done, Outcome, Response};
use crate::state::State;
use crate::store::Store;
use crate::work::Work;
use crate::zxid::Zxid;

impl Store {
    /// Applies one decoded command.
    pub(crate) fn execute(&mut self, stamp: &Stamp, command: &Command) -> Response {
        if self.state.incarnation == Incarnation::NONE {
            self.state.incarnation = Incarnation::new(stamp.time_ms.max(1));
        }
        let response = self.dispatch(stamp, command);
        self.state.acls.sweep();
        response
    }

    fn dispatch(&mut self, stamp: &Stamp, command: &Command) -> Response {
        match command {
            Command::Write { by, writes } => {
                let answers = writes.iter().map(|write| self.write(stamp, by, write));
                Response::Answers(answers.collect())
            }
            Command::CreateSession {
                id,
                password,
                timeout_ms,
                member,
            } => self.create_session(*id, *password, *timeout_ms, *member),
            Command::Attach {
                id,
                password,
                timeout_ms,
                member,
            } => self.attach(*id, *password, *timeout_ms, *member),
            Command::CloseSession { by } => self.close_session(stamp, by),
            Command::Expire { ballot, sessions } => self.expire(stamp, *ballot, sessions),
            Command::Reap { paths } => self.reap(stamp, paths),
            Command::Configure(limits) => self.configure(*limits),
            Command::SetMembers { text } => self.write_members(stamp, text),
        }
    }

    /// Takes the next zxid.
    pub(crate) fn take_zxid(&mut self) -> Zxid {
        self.state.zxid = self.state.zxid.next();
        self.state.zxid
    }

    fn write(&mut self, stamp: &Stamp, by: &Asker, write: &Write) -> Answer {
        let zxid = self.take_zxid();
        let outcome = match self.state.admits(by) {
            Err(error) => Outcome::Refused(error),
            Ok(()) => {
                let mut work = Work::new(self, zxid, stamp);
                match write {
                    Write::One(op) => Outcome::One(work.apply(by, op)),
                    Write::Multi(ops) => Outcome::Multi(work.multi(by, ops)),
                    Write::Refused => Outcome::Void,
                }
            }
        };
        if mutated("znode.zxid.repeats") && matches!(outcome, Outcome::One(Err(_))) {
            self.state.zxid = Zxid(zxid.0 - 1);
        }
        Answer { zxid, outcome }
    }
}

impl Work<'_> {
    fn apply(&mut self, by: &Asker, op: &Op) -> Result<Done, Error> {
        match op {
            Op::Create {
                path,
                data,
                acl,
                flags,
                ttl_ms,
            } => {
                let mode = CreateMode::from_flag(*flags, *ttl_ms)?;
                self.create(by, path, data.as_deref(), acl, mode)
            }
            Op::Delete { path, version } => self.delete(&by.ids, path, *version),
            Op::SetData {
                path,
                data,
                version,
            } => self.set_data(&by.ids, path, data.as_deref(), *version),
            Op::SetAcl { path, acl, version } => self.set_acl(&by.ids, path, acl, *version),
            Op::Check { path, version } => self.check(&by.ids, path, *version),
        }
    }

    /// Refuses what would grow the state by `growth` bytes over its bound.
    fn room(&self, growth: usize) -> Result<(), Error> {
        let over = self.state.bytes().saturating_add(growth as u64) > self.state.limits.quota_bytes;
        if over && growth > 0 && !mutated("znode.quota.ignored") {
            Err(Error::QuotaExceeded)
        } else {
            Ok(())
        }
    }
}

impl State {
    /// Whether a request by way of this attachment is looked at.
    pub(crate) fn admits(&self, by: &Asker) -> Result<(), Error> {
        let session = self.session(by.session).ok_or(Error::SessionExpired)?;
        if session.attachment == by.attachment || mutated("znode.session.moved_accepted") {
            Ok(())
        } else {
            Err(Error::SessionMoved)
        }
    }

    /// Whether who asks may do any of `wanted` to a node.
    pub(crate) fn may(
        &self,
        fields: &Fields,
        wanted: Permissions,
        ids: &[Id],
    ) -> Result<(), Error> {
        acl::check(self.acls.get(fields.acl), wanted, ids)
    }
}

/// Whether a version is the expected one; -1 expects any.
const fn expect(version: i32, expected: i32) -> Result<(), Error> {
    if expected == -1 || expected == version {
        Ok(())
    } else {
        Err(Error::BadVersion)
    }
}
