//! The read-only mode: a member that knows of no leader serves reads to clients that said they are content with that.
//!
//! Such a connection holds no session: nobody could agree on one. When a leader is known again it ends, and its client comes back
//! for a real one.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use synod_jute::records::{ConnectRequest, ConnectResponse};
use synod_jute::wire::Wire as _;
use synod_jute::{ErrorCode, Reply, RequestHeader, Response, Xid};
use synod_znode::{Attachment, Limits, SessionId, Store, Zxid};

use super::Front;
use super::connection::{Connection, Held};
use super::{desk, records};

/// An attachment that none is: writes by way of it would be refused wherever they came.
const NO_ATTACHMENT: Attachment = Attachment(-1);

/// Whether a client that asks so is served without a session.
pub(super) fn serves(front: &Front, request: &ConnectRequest) -> bool {
    request.read_only == Some(true) && !front.knows_a_leader() && has_a_group(front)
}

/// Whether what this member has is its group's, though perhaps not the newest: not while its disk is being read, and not once it
/// cannot be trusted.
fn has_a_group(front: &Front) -> bool {
    let status = front.engine.status();
    status.quarantined.is_none() && !status.configuration.members.is_empty()
}

/// What the store says of a client that comes without a session.
struct Known {
    limits: Limits,
    zxid: Zxid,
    /// The session that it had, unless that has another password. (One that is not known here yet may be known elsewhere.)
    session: Option<SessionId>,
}

fn known(store: &Store, request: &ConnectRequest) -> Known {
    let id = SessionId(request.session_id.0);
    let password = request.password.as_deref().unwrap_or_default();
    let session = store.session(id);
    let is_its_own = session.is_none_or(|session| session.password.0 == *password);
    Known {
        limits: store.limits(),
        zxid: store.zxid(),
        session: (id.0 != 0 && is_its_own).then_some(id),
    }
}

/// Serves a client without a session. It keeps the one that it had, if any, for the day there is a leader again.
///
/// # Errors
/// If it has seen more than this member has: it finds another.
pub(super) async fn begin(
    front: &Arc<Front>,
    connection: &Arc<Connection>,
    request: &ConnectRequest,
) -> io::Result<()> {
    let asked = request.clone();
    let known = front
        .engine
        .inspect(move |store| known(store, &asked))
        .await;
    let known = known.map_err(|_| io::Error::other("too much is under way"))?;
    if request.last_zxid_seen.0 > known.zxid.0 {
        return Err(io::Error::other(
            "the client has seen more than this member",
        ));
    }
    let asked = u32::try_from(request.timeout_ms).unwrap_or(0);
    let limits = known.limits;
    let timeout_ms = asked.min(limits.timeout_ms_max).max(limits.timeout_ms_min);
    let session = known.session.unwrap_or_else(|| front.session_id());
    let held = Held {
        session,
        attachment: NO_ATTACHMENT,
        timeout_ms,
        read_only: true,
    };
    let _ = connection.held.set(held);
    front.read_only.fetch_add(1, Ordering::Relaxed);
    let none = Bytes::from_static(&[0; 16]);
    let response = ConnectResponse {
        protocol_version: 0,
        timeout_ms: i32::try_from(timeout_ms).unwrap_or(i32::MAX),
        session_id: synod_jute::SessionId(session.0),
        password: Some(request.password.clone().unwrap_or(none)),
        read_only: Some(true),
    };
    connection.outbox.put(|out| response.encode(out));
    let (shared, at) = (Arc::clone(&front.desk), Arc::clone(connection));
    let enter = move |store: &mut Store| desk::with(&shared, store, |desk, _| desk.enter(&at));
    if front.engine.tell(enter).is_err() {
        connection.outbox.cut();
    }
    Ok(())
}

/// Ends the connections without a session once there is a leader.
pub(super) fn end_with_a_leader(front: &Front) {
    if front.read_only.load(Ordering::Relaxed) == 0 || !front.knows_a_leader() {
        return;
    }
    let shared = Arc::clone(&front.desk);
    let end = move |store: &mut Store| desk::with(&shared, store, |desk, _| desk.end_read_only());
    // Tried again with the next beat if too much is under way.
    if front.engine.tell(end).is_ok() {
        front.read_only.store(0, Ordering::Relaxed);
    }
}

/// Refuses what would change something.
pub(super) fn refuse(connection: &Connection, store: &Store, header: RequestHeader) {
    let zxid = records::zxid(store.zxid());
    let reply = Reply::failed(header.xid, zxid, ErrorCode::NotReadOnly);
    connection.outbox.put(|out| reply.encode(out));
}

/// Answers a ping: there is nobody to tell of it.
pub(super) fn pong(connection: &Connection, store: &Store) {
    let reply = Reply::ok(Xid::PING, records::zxid(store.zxid()), Response::None);
    connection.outbox.put(|out| reply.encode(out));
}

/// Says goodbye to a client that ends what it takes for a session.
pub(super) fn close(connection: &Connection, store: &Store, header: RequestHeader) {
    let reply = Reply::ok(header.xid, records::zxid(store.zxid()), Response::None);
    connection.outbox.put(|out| reply.encode(out));
    connection.outbox.end();
}
