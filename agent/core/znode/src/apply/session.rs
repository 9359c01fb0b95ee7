//! Sessions: begun, attached, ended by their client or because they ran out.
//!
//! Why a session that was heard of never expires: see [`synod_machine::deadlines`]; besides, an expiry names the attachment, so
//! one that was attached again since stays.

use synod_machine::Stamp;
use synod_paxos::Ballot;

use crate::change::What;
use crate::command::Asker;
use crate::error::Error;
use crate::mutation::mutated;
use crate::path::{Key, Path};
use crate::response::Response;
use crate::session::{Attachment, COST_BYTES, Password, Session, SessionId};
use crate::store::Store;
use crate::work::Work;
use crate::zxid::Zxid;

impl Store {
    pub(super) fn create_session(
        &mut self,
        id: SessionId,
        password: Password,
        timeout_ms: u32,
        member: u64,
    ) -> Response {
        self.take_zxid();
        if !id.is_valid() || self.state.session(id).is_some() {
            return Response::NotAttached(Error::SessionExpired);
        }
        if self.state.bytes() + COST_BYTES > self.state.limits.quota_bytes {
            return Response::NotAttached(Error::QuotaExceeded);
        }
        self.put_session(Session::new(
            id,
            password,
            self.granted(timeout_ms),
            member,
            Attachment::FIRST,
        ))
    }

    /// Takes no zxid: ZooKeeper's log does not hear of it either.
    pub(super) fn attach(
        &mut self,
        id: SessionId,
        password: Password,
        timeout_ms: u32,
        member: u64,
    ) -> Response {
        let session = self.state.session(id);
        let Some(session) = session.filter(|session| session.password == password) else {
            return Response::NotAttached(Error::SessionExpired);
        };
        let attachment = session.attachment.next();
        self.put_session(Session::new(
            id,
            password,
            self.granted(timeout_ms),
            member,
            attachment,
        ))
    }

    /// The time-out that is granted to who asks for this one.
    fn granted(&self, timeout_ms: u32) -> u32 {
        let limits = &self.state.limits;
        timeout_ms
            .min(limits.timeout_ms_max)
            .max(limits.timeout_ms_min)
    }

    fn put_session(&mut self, session: Session) -> Response {
        let (id, attachment, timeout_ms) = (session.id(), session.attachment, session.timeout_ms);
        self.state.put_session(session);
        if let Some(lead) = &mut self.lead {
            lead.begin(id, timeout_ms);
        }
        Response::Attached {
            attachment,
            timeout_ms,
        }
    }

    pub(super) fn close_session(&mut self, stamp: &Stamp, by: &Asker) -> Response {
        let zxid = self.take_zxid();
        if self.state.admits(by).is_ok() {
            self.end_session(stamp, zxid, by.session);
        }
        Response::Closed { zxid }
    }

    pub(super) fn expire(
        &mut self,
        stamp: &Stamp,
        ballot: Ballot,
        sessions: &[(SessionId, Attachment)],
    ) -> Response {
        if ballot != stamp.newest && !mutated("znode.session.old_expiry") {
            return Response::Internal;
        }
        for (id, attachment) in sessions {
            let same = self.state.session(*id).is_some_and(|session| {
                session.attachment == *attachment || mutated("znode.session.expires_attached")
            });
            if same {
                let zxid = self.take_zxid();
                self.end_session(stamp, zxid, *id);
            }
        }
        Response::Internal
    }

    fn end_session(&mut self, stamp: &Stamp, zxid: Zxid, id: SessionId) {
        let mut ephemerals: Vec<Key> = self.derived.ephemerals(id).cloned().collect();
        if mutated("znode.session.keeps_ephemerals") {
            ephemerals.pop();
        }
        let mut work = Work::new(self, zxid, stamp);
        for key in ephemerals {
            work.remove(Path::of_node(key.path()));
        }
        self.state.remove_session(id);
        if let Some(lead) = &mut self.lead {
            lead.end(id);
        }
        self.tell(zxid, What::Ended(id));
    }
}
