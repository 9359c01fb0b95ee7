//! What the operator answers about itself: `/healthz`, `/readyz`, `/metrics`.
//!
//! Health says that the process runs; it does not depend on the API, whose outage no restart mends. Ready is a replica
//! that acts once all watches have delivered their first list, and one that waits once the API has answered it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::metrics::{self, Metrics};

/// Whether this replica is ready.
#[derive(Default)]
pub(super) struct Health {
    heard: AtomicBool,
    /// While it acts: whether all watches have delivered their first list.
    synced: Mutex<Option<Arc<AtomicBool>>>,
}

impl Health {
    /// The API answered.
    pub(super) fn heard(&self) {
        self.heard.store(true, Ordering::Release);
    }

    /// It acts from now on, and this becomes true when it knows everything; or it acts no more.
    pub(super) fn acts(&self, synced: Option<Arc<AtomicBool>>) {
        *self.synced.lock().unwrap_or_else(PoisonError::into_inner) = synced;
    }

    fn is_ready(&self) -> bool {
        let acting = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        let flag = acting.as_deref().unwrap_or(&self.heard);
        flag.load(Ordering::Acquire)
    }
}

/// The plain listener's paths.
pub(super) fn router(metrics: Arc<Metrics>, health: Arc<Health>) -> Router {
    let ready = move || {
        let ready = health.is_ready();
        async move {
            if ready {
                (StatusCode::OK, "ready\n")
            } else {
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "not all watches have delivered their first list\n",
                )
            }
        }
    };
    Router::new()
        .route("/healthz", get(|| async { (StatusCode::OK, "ok\n") }))
        .route("/readyz", get(ready))
        .route(
            "/metrics",
            get(move || async move { ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics.text()) }),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_waits_is_ready_when_it_was_answered_one_that_acts_when_it_knows_all() {
        let health = Health::default();
        assert!(!health.is_ready());
        health.heard();
        assert!(health.is_ready());
        let synced = Arc::new(AtomicBool::new(false));
        health.acts(Some(synced.clone()));
        assert!(!health.is_ready());
        synced.store(true, Ordering::Release);
        assert!(health.is_ready());
    }
}
