//! `synod operator`: the controller with its health and metrics listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use kube::Client;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::agents::MutualTls;
use crate::controller::Controller;
use crate::kinds;
use crate::metrics::Metrics;
use crate::settings::Settings;

/// Why the operator does not run.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// The health and metrics address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
}

/// Runs the operator until `shutdown`. The same in a cluster and in local mode; the client says which API it is.
///
/// # Errors
/// When `settings.listen` cannot be had.
pub async fn run(
    client: Client,
    settings: Settings,
    shutdown: CancellationToken,
) -> Result<(), OperatorError> {
    let metrics = Arc::new(Metrics::default());
    let listen = settings.listen;
    let controller = Controller::new(
        client,
        settings,
        kinds::all(),
        Arc::new(MutualTls::new()),
        metrics.clone(),
    );
    let health = match listen {
        None => None,
        Some(address) => {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| OperatorError::Listen { address, error })?;
            let router = router(metrics, controller.synced());
            let stop = shutdown.clone();
            Some(tokio::spawn(async move {
                axum::serve(listener, router)
                    .with_graceful_shutdown(stop.cancelled_owned())
                    .await
            }))
        }
    };
    controller.run(shutdown).await;
    if let Some(Ok(Err(error))) = match health {
        Some(task) => Some(task.await),
        None => None,
    } {
        tracing::warn!(%error, "the health listener ended");
    }
    Ok(())
}

fn router(metrics: Arc<Metrics>, synced: Arc<AtomicBool>) -> Router {
    let ready = move || {
        let ready = synced.load(Ordering::Acquire);
        async move {
            if ready {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    };
    Router::new()
        .route("/healthz", get(|| async { StatusCode::OK }))
        .route("/readyz", get(ready))
        .route("/metrics", get(move || async move { metrics.text() }))
}
