//! The read-only mode: a member that knows of no leader serves reads to clients that said they are content with that.
//!
//! Such a connection holds no session: nobody could agree on one. When a leader is known again it ends, and its client comes back
//! for a real one.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use synod_jute::records::{ConnectRequest, ConnectResponse};
use synod_jute::wire::Wire as _;
use synod_jute::{ErrorCode, Reply, RequestHeader, Response, Xid};
use synod_znode::{Attachment, SessionId, Store};

use super::Front;
use super::connection::{Connection, Held};
use super::{desk, records};

/// An attachment that none is: writes by way of it would be refused wherever they came.
const NO_ATTACHMENT: Attachment = Attachment(-1);

/// Whether a client that asks so is served without a session.
pub(super) fn serves(front: &Front, request: &ConnectRequest) -> bool {
    request.read_only == Some(true) && !front.knows_a_leader()
}

/// Serves a client without a session. It keeps the one that it had, if any, for the day there is a leader again.
pub(super) async fn begin(
    front: &Arc<Front>,
    connection: &Arc<Connection>,
    request: &ConnectRequest,
) {
    let limits = front.engine.inspect(|store| store.limits()).await;
    let limits = limits.unwrap_or_default();
    let asked = u32::try_from(request.timeout_ms).unwrap_or(0);
    let timeout_ms = asked.min(limits.timeout_ms_max).max(limits.timeout_ms_min);
    let session = match request.session_id.0 {
        0 => front.session_id(),
        id => SessionId(id),
    };
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
