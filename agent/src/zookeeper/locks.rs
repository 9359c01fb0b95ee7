//! `GET /v1/locks` and `GET /v1/sessions` of the admin API: who holds which lock, and where its client is.
//!
//! The locks are a linearizable read, a page of which is made in one turn of the loop; a page has at most
//! [`LOCKS_MAX`](synod_agent_api::LOCKS_MAX) locks, and contenders of which one lock alone may have as many as a page. A session's
//! member is replicated, its client's address is known to that member alone.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Json;
use axum::routing::get;
use synod_agent_api::{
    CONTENDERS_MAX, LOCKS_MAX, LockContender, LockMode, LockState, LockStatus, LocksQuery,
    LocksResponse, SESSIONS_MAX, SessionStatus, SessionsQuery, SessionsResponse, paths,
};
use synod_znode::{Contender, Lock, Mode, SessionId, Store};

use super::{Front, desk};
use crate::admin::Refused;
use crate::clock;

/// The routes that a LockService adds to the admin API.
pub fn locks_routes(front: Arc<Front>) -> Router {
    Router::new()
        .route(paths::LOCKS, get(locks))
        .route(paths::SESSIONS, get(sessions))
        .with_state(front)
}

async fn locks(
    State(front): State<Arc<Front>>,
    query: Result<Query<LocksQuery>, QueryRejection>,
) -> Result<Json<LocksResponse>, Refused> {
    let Query(query) = query.map_err(|error| Refused::invalid(error.body_text()))?;
    let path = query.path.unwrap_or_else(|| "/".to_owned());
    if !path.starts_with('/') || (path.len() > 1 && path.ends_with('/')) {
        return Err(Refused::invalid(format!(
            "path: `{path}` is no path; write for example `/locks`"
        )));
    }
    let max = query.max.unwrap_or(LOCKS_MAX).clamp(1, LOCKS_MAX);
    let look = move |store: &mut Store| {
        let page = store.lock_page(&path, query.after.as_deref(), max, CONTENDERS_MAX);
        LocksResponse {
            now_ms: clock::wall_ms(),
            locks: page.locks.iter().map(|lock| status(store, lock)).collect(),
            next: page.next,
        }
    };
    Ok(Json(front.engine.read(look).await?))
}

async fn sessions(
    State(front): State<Arc<Front>>,
    query: Result<Query<SessionsQuery>, QueryRejection>,
) -> Result<Json<SessionsResponse>, Refused> {
    let Query(query) = query.map_err(|error| Refused::invalid(error.body_text()))?;
    let ids: Option<Vec<SessionId>> = query.ids.split(',').map(parse).collect();
    let ids = ids.filter(|ids| ids.len() <= SESSIONS_MAX).ok_or_else(|| {
        Refused::invalid(format!(
            "ids: at most {SESSIONS_MAX} numbers of sessions, `0x…`, with commas between"
        ))
    })?;
    let shared = Arc::clone(&front.desk);
    let look = move |store: &mut Store| {
        desk::with(&shared, store, |desk, _| {
            let here = ids.iter().filter_map(|id| {
                let connection = desk.connections.get(&desk.hub.connection_of(*id)?)?;
                Some(SessionStatus {
                    session: shown(*id),
                    client: connection.peer.to_string(),
                })
            });
            here.collect()
        })
    };
    let sessions = front.engine.inspect(look).await?;
    Ok(Json(SessionsResponse { sessions }))
}

fn status(store: &Store, lock: &Lock) -> LockStatus {
    let all = |contenders: &[Contender]| {
        let shown = contenders.iter().map(|one| contender(store, one));
        shown.collect::<Vec<_>>()
    };
    let released = lock.released.as_ref();
    let (state, since_ms) = match (lock.held_since_ms, released) {
        (Some(since_ms), _) => (LockState::Locked, Some(since_ms)),
        (None, Some(released)) => (LockState::Unlocked, Some(released.at_ms)),
        (None, None) => (LockState::Free, None),
    };
    LockStatus {
        path: lock.path.clone(),
        state,
        since_ms,
        holders: all(&lock.holders),
        holder_count: lock.holder_count,
        waiters: all(&lock.waiters),
        waiter_count: lock.waiter_count,
        released_by: released.map(|released| shown(released.session)),
    }
}

fn contender(store: &Store, contender: &Contender) -> LockContender {
    LockContender {
        name: contender.name.clone(),
        session: shown(contender.session),
        member: store
            .session(contender.session)
            .map(|session| session.member),
        mode: match contender.mode {
            Mode::Exclusive => LockMode::Exclusive,
            Mode::Shared => LockMode::Shared,
            Mode::Lease => LockMode::Lease,
        },
        since_ms: contender.since_ms,
        token: contender.token.map(|token| token.to_string()),
    }
}

/// A session as ZooKeeper's tools show it.
fn shown(SessionId(id): SessionId) -> String {
    format!("{id:#x}")
}

fn parse(text: &str) -> Option<SessionId> {
    let digits = text.trim().strip_prefix("0x")?;
    let number = u64::from_str_radix(digits, 16).ok()?;
    Some(SessionId(number.cast_signed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_read_as_they_are_shown() {
        for number in [1, 0x0200_0000_0000_0001, i64::MIN, -2] {
            assert_eq!(parse(&shown(SessionId(number))), Some(SessionId(number)));
        }
        for text in ["", "0x", "12", "0xg", "0x10000000000000000"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
