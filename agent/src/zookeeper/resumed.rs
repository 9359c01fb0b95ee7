//! Connections that were answered and go on at the end of the turn.
//!
//! In a turn many commands are applied, and only then answered, one after the other. Who went on at once would see the last of them,
//! and so would have the events of all of them delivered, to others too: before the answers that those are still to get of what
//! was applied earlier. ZooKeeper orders the events of a client among its answers, so whoever goes on waits until all are given.

use std::sync::{Arc, PoisonError};

use synod_jute::records::SyncResponse;
use synod_jute::{Reply, RequestHeader, Response, Text};
use synod_replica::Refusal;
use synod_znode::Store;

use super::connection::Connection;
use super::pipeline::lock;
use super::{Front, records};
use crate::mutation::mutated;

/// Who goes on, and how.
pub(super) struct Resumed {
    pub(super) connection: Arc<Connection>,
    /// What is answered first, if the connection waited for the log.
    pub(super) sync: Option<(RequestHeader, Option<Text>)>,
}

impl Front {
    /// A connection goes on once everybody is answered in this turn.
    pub(super) fn go_on_later(self: &Arc<Self>, resumed: Resumed, store: &mut Store) {
        if mutated("agent.pipeline.goes_on_early") {
            return self.go_on_with(resumed, store);
        }
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        later.push(resumed);
    }

    /// Everybody is answered, and was told of everything.
    pub(super) fn go_on_with_all(self: &Arc<Self>, store: &mut Store) {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        let all = std::mem::take(&mut *later);
        drop(later);
        for resumed in all {
            self.go_on_with(resumed, store);
        }
    }

    fn go_on_with(self: &Arc<Self>, resumed: Resumed, store: &mut Store) {
        let Resumed { connection, sync } = resumed;
        if let Some((header, path)) = sync {
            super::desk::with(&self.desk, store, |desk, store| {
                desk.deliver(store, store.zxid());
                let response = Response::Sync(SyncResponse { path });
                let reply = Reply::ok(header.xid, records::zxid(store.zxid()), response);
                connection.outbox.put(|out| reply.encode(out));
            });
        }
        self.go_on(&connection, store);
    }

    /// Where reads are linearizable: whether the next one came after the log was last asked how far it is.
    pub(super) fn must_confirm(&self, connection: &Connection) -> bool {
        self.settings.reads.are_linearizable()
            && !connection.is_read_only()
            && !mutated("agent.pipeline.unconfirmed")
            && lock(connection).next_is_unconfirmed_read()
    }

    /// Goes on once everything is applied here that was decided before what waits now came.
    pub(super) fn confirm(self: &Arc<Self>, connection: &Arc<Connection>) {
        lock(connection).note_confirmation();
        self.ask_log(connection, None);
    }

    /// Goes on, with the answer to a `sync` if there is one, once everything that was decided by now is applied here.
    pub(super) fn ask_log(
        self: &Arc<Self>,
        connection: &Arc<Connection>,
        sync: Option<(RequestHeader, Option<Text>)>,
    ) {
        let at_once = sync.is_some() && mutated("agent.pipeline.sync_at_once");
        let (front, at) = (Arc::clone(self), Arc::clone(connection));
        let then = move |store: Result<&mut Store, Refusal>| match store {
            Ok(store) => {
                let connection = at;
                front.go_on_later(Resumed { connection, sync }, store);
            }
            Err(_) => at.outbox.cut(),
        };
        let told = if at_once {
            self.engine.tell(|store| then(Ok(store)))
        } else {
            self.engine.read_then(Box::new(then))
        };
        if told.is_err() {
            connection.outbox.cut();
        }
    }
}
