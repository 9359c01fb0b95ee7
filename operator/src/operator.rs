//! `synod operator`: the controller, while this replica leads, with its health and metrics listener.

mod health;
mod server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use kube::Client;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::act::Herald;
use crate::agents::MutualTls;
use crate::controller::Controller;
use crate::election::{self, Candidate};
use crate::kinds::Kind;
use crate::metrics::{self, Metrics};
use crate::settings::Settings;
use health::Health;

/// Events that are not written yet when the operator ends are given up after this time.
const EVENTS_PATIENCE: Duration = Duration::from_secs(2);

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
    /// The loop itself ended in a panic.
    #[error("the operator ended by a mistake of its own: {0}")]
    Panicked(#[from] tokio::task::JoinError),
}

/// Runs the operator of `kinds` until `shutdown`. The same in a cluster and in local mode; the client says which API it
/// is. Without `election` it acts at once and alone.
///
/// # Errors
/// When `settings.listen` cannot be had, or the loop panicked.
pub async fn run(
    client: Client,
    settings: Settings,
    kinds: Vec<Arc<dyn Kind>>,
    election: Option<election::Settings>,
    shutdown: CancellationToken,
) -> Result<(), OperatorError> {
    let metrics = Arc::new(Metrics::default());
    for kind in &kinds {
        metrics.expects(&kind.resource().kind);
    }
    let health = Arc::new(Health::default());
    let stop_serving = CancellationToken::new();
    let serving = match settings.listen {
        None => None,
        Some(address) => {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|error| OperatorError::Listen { address, error })?;
            let routes = health::router(metrics.clone(), health.clone());
            Some(tokio::spawn(server::serve(
                listener,
                routes,
                stop_serving.clone(),
            )))
        }
    };
    let operator = Operator {
        client: metrics::counted(client, metrics.clone()),
        settings,
        kinds,
        instance: election.as_ref().map(|election| election.identity.clone()),
        metrics,
        health,
    };
    let ended = operator.run(election, shutdown).await;
    stop_serving.cancel();
    if let Some(task) = serving
        && let Err(error) = task.await
    {
        tracing::warn!(%error, "the health listener ended");
    }
    ended
}

/// What every term needs.
#[derive(Clone)]
struct Operator {
    client: Client,
    settings: Settings,
    kinds: Vec<Arc<dyn Kind>>,
    /// This replica's name, for events.
    instance: Option<String>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
}

impl Operator {
    async fn run(
        self,
        election: Option<election::Settings>,
        shutdown: CancellationToken,
    ) -> Result<(), OperatorError> {
        let Some(election) = election else {
            self.metrics.leads(true);
            self.act(shutdown).await;
            return Ok(());
        };
        let health = self.health.clone();
        let heard = Box::new(move || health.heard());
        let candidate = Candidate::new(self.client.clone(), election, self.metrics.clone(), heard);
        let term = Box::new(move |stop| self.clone().act(stop).boxed());
        Ok(candidate.run(shutdown, term).await?)
    }

    /// Acts until `stop`. What was known in an earlier term is not used: everything is listed anew.
    async fn act(self, stop: CancellationToken) {
        let (herald, telling) = Herald::start(
            self.client.clone(),
            self.instance.clone(),
            self.metrics.clone(),
        );
        let controller = Controller::new(
            self.client.clone(),
            self.settings.clone(),
            self.kinds.clone(),
            Arc::new(MutualTls::new()),
            self.metrics.clone(),
        )
        .heralded(herald);
        self.health.acts(Some(controller.synced()));
        controller.run(stop).await;
        self.health.acts(None);
        let _ = tokio::time::timeout(EVENTS_PATIENCE, telling).await;
    }
}
