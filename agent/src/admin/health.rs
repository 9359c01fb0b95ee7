//! Health and metrics, plain: `/healthz`, `/livez`, `/readyz`, `/metrics`.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::time::timeout;

use super::Machine;
use crate::engine::{Engine, Report};
use crate::metrics::Metrics;

/// A loop that does not answer within this does not live.
const ALIVE: Duration = Duration::from_secs(5);

/// Metrics of others (the front end), as text.
pub type Extra = Box<dyn Fn() -> Pin<Box<dyn Future<Output = String> + Send>> + Send + Sync>;

/// What the listener tells about. It listens before the data directory is read, so the rest comes later.
pub struct Health<S: Machine> {
    metrics: Arc<Metrics>,
    engine: OnceLock<Engine<S>>,
    extra: OnceLock<Extra>,
}

impl<S: Machine> Health<S> {
    /// Nothing is there yet but the process.
    #[must_use]
    pub const fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            engine: OnceLock::new(),
            extra: OnceLock::new(),
        }
    }

    /// The engine turns, and `extra` counts too.
    pub fn opened(&self, engine: Engine<S>, extra: Extra) {
        let _ = self.engine.set(engine);
        let _ = self.extra.set(extra);
    }

    async fn report(&self) -> Result<Option<Report>, &'static str> {
        let Some(engine) = self.engine.get() else {
            return Ok(None);
        };
        match timeout(ALIVE, engine.report()).await {
            Ok(Ok(report)) => Ok(Some(report)),
            // Too many requests wait for the loop: it turns, or they would not be too many.
            Ok(Err(synod_replica::Refusal::Overloaded)) => Ok(None),
            Ok(Err(_)) => Err("the loop ended"),
            Err(_) => Err("the loop does not answer"),
        }
    }

    /// The metrics of all but the front end, as text.
    pub async fn own_metrics(&self) -> String {
        let report = self.report().await.ok().flatten();
        let changes = report.as_ref().map_or(0, |report| report.leader_changes);
        self.metrics
            .text(report.as_ref().map(|report| &report.driver), changes)
    }
}

/// The routes of the health listener.
pub fn health_routes<S: Machine>(health: Arc<Health<S>>) -> Router {
    Router::new()
        .route("/healthz", get(live::<S>))
        .route("/livez", get(live::<S>))
        .route("/readyz", get(ready::<S>))
        .route("/metrics", get(metrics::<S>))
        .with_state(health)
}

/// Alive: the loop turns. Says nothing about peers.
async fn live<S: Machine>(State(health): State<Arc<Health<S>>>) -> (StatusCode, String) {
    match health.report().await {
        Ok(_) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{why}\n")),
    }
}

/// Ready: caught up, and heard of a leader lately.
async fn ready<S: Machine>(State(health): State<Arc<Health<S>>>) -> (StatusCode, String) {
    let not = |why: &str| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
    match health.report().await {
        Ok(Some(report)) if report.status.ready => (StatusCode::OK, "ok\n".to_owned()),
        Ok(Some(report)) => not(&report.status.not_ready_because),
        Ok(None) => not("the data directory is being opened, or too much is under way"),
        Err(why) => not(why),
    }
}

async fn metrics<S: Machine>(State(health): State<Arc<Health<S>>>) -> impl IntoResponse {
    let mut text = health.own_metrics().await;
    if let Some(extra) = health.extra.get() {
        text.push_str(&extra().await);
    }
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
}
