//! What cannot be read, answered.

use synod_jute::records::MultiResponse;
use synod_jute::{Answer, ErrorCode, Refusal, Reply, ReplyHeader, Xid};
use synod_znode::Store;

use super::connection::Connection;
use super::records;

/// Answers what cannot be read as ZooKeeper does: by its error, or by the connection's end.
pub(super) fn refuse(connection: &Connection, store: &Store, refusal: &Refusal) {
    tracing::debug!(peer = %connection.peer, %refusal, "a request that cannot be read");
    let answer = |zxid, error, response| {
        let xid = refusal.header().map_or(Xid(0), |header| header.xid);
        let header = ReplyHeader { xid, zxid, error };
        connection
            .outbox
            .put(|out| Reply { header, response }.encode(out));
    };
    let nothing = synod_jute::Response::None;
    match refusal.answer() {
        Answer::Close => connection.outbox.end(),
        Answer::ReplyAndClose(error) => {
            answer(synod_jute::Zxid::NONE, error, nothing);
            connection.outbox.end();
        }
        // That of a write comes here no more: see `writes`.
        Answer::Reply(error) | Answer::ReplyToWrite(error) => {
            answer(records::zxid(store.zxid()), error, nothing);
        }
        Answer::ReplyWithoutResults => {
            let xid = refusal.header().map_or(Xid(0), |header| header.xid);
            refuse_without_results(connection, store, xid);
        }
    }
}

/// Answers what several operations are refused with before any is looked at.
pub(super) fn refuse_without_results(connection: &Connection, store: &Store, xid: Xid) {
    let header = ReplyHeader {
        xid,
        zxid: records::zxid(store.zxid()),
        error: ErrorCode::MarshallingError,
    };
    let results = Vec::new();
    let response = synod_jute::Response::Multi(MultiResponse { results });
    connection
        .outbox
        .put(|out| Reply { header, response }.encode(out));
}
