//! Leader election among the operator's replicas, by a Lease: only who holds it acts.
//!
//! The lease spares work and noise; it is no fence. A replica that was deposed and has not noticed yet breaks nothing,
//! since all acts carry what they rest on. What is decided is decided in [`Standing`]; here are only calls and timers.
//!
//! Written here and not taken from a library because of the clocks: a lease is judged by how long it was seen unchanged
//! on this machine's own monotonic clock, never by comparing another machine's time of day with ours.

mod standing;

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use standing::{Holder, Move, Standing, Times};

use crate::metrics::Metrics;
use crate::names::MANAGER;

/// Releasing the lease is a courtesy; it is given up after this time.
const RELEASE_PATIENCE: Duration = Duration::from_secs(2);

/// Which lease, and in whose name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The lease's namespace.
    pub namespace: String,
    /// The lease's name.
    pub name: String,
    /// This replica's name; no other replica has it.
    pub identity: String,
    /// How long it is held, and how often it is renewed.
    pub times: Times,
}

/// What a replica does while it leads: until the token is cancelled; then it ends what is under way.
pub type Term = Box<dyn FnMut(CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// A replica that wants to lead.
pub struct Candidate {
    api: Api<Lease>,
    settings: Settings,
    metrics: Arc<Metrics>,
    standing: Standing,
    /// The lease as it was read or written last.
    known: Option<Lease>,
    /// Called whenever the API has answered.
    heard: Box<dyn Fn() + Send + Sync>,
}

/// A term that has begun.
struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Candidate {
    /// A replica that does not lead yet; `heard` is called whenever the API answered.
    #[must_use]
    pub fn new(
        client: Client,
        settings: Settings,
        metrics: Arc<Metrics>,
        heard: Box<dyn Fn() + Send + Sync>,
    ) -> Self {
        Self {
            api: Api::namespaced(client, &settings.namespace),
            standing: Standing::new(settings.identity.clone(), settings.times),
            settings,
            metrics,
            known: None,
            heard,
        }
    }

    /// Runs `term` whenever this replica leads, one at a time, until `shutdown`; then ends the term and releases the
    /// lease. A term that ends by itself ends this too.
    ///
    /// # Errors
    /// When the term panicked.
    pub async fn run(
        mut self,
        shutdown: CancellationToken,
        mut term: Term,
    ) -> Result<(), JoinError> {
        let mut running: Option<Running> = None;
        loop {
            let next = Instant::now() + self.settings.times.retry;
            self.step(&mut running, &mut term, &shutdown).await?;
            let ended = async {
                match &mut running {
                    Some(running) => (&mut running.task).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                ended = ended => {
                    running = None;
                    ended?;
                    break;
                }
                () = tokio::time::sleep_until(next) => {}
            }
        }
        let ended = self.depose(&mut running).await;
        self.release().await;
        ended
    }

    /// Does what is to be done now.
    async fn step(
        &mut self,
        running: &mut Option<Running>,
        term: &mut Term,
        shutdown: &CancellationToken,
    ) -> Result<(), JoinError> {
        // Even a call that never returns must not keep a leader from noticing that its time is over.
        let patience = self.standing.patience(Instant::now().into_std());
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            answered = tokio::time::timeout(patience, self.attempt()) => match answered {
                Ok(Ok(())) => (self.heard)(),
                Ok(Err(error)) => tracing::warn!(%error, action = "lease", result = "failed", "the lease was not read or written"),
                Err(_) => tracing::warn!(action = "lease", result = "failed", "the API did not answer in time about the lease"),
            },
        }
        let now = Instant::now().into_std();
        if self.standing.leads() && self.standing.decide(now) == Move::Lost {
            self.standing.lost();
            self.known = None;
            tracing::warn!(
                action = "lead",
                result = "lost",
                "the lease is lost; waiting to lead again"
            );
        }
        match (self.standing.leads(), running.is_some()) {
            (true, false) => {
                let stop = CancellationToken::new();
                tracing::info!(
                    action = "lead",
                    result = "ok",
                    identity = self.settings.identity,
                    "leading"
                );
                self.metrics.leads(true);
                let task = tokio::spawn(term(stop.clone()));
                *running = Some(Running { stop, task });
            }
            (false, true) => self.depose(running).await?,
            _ => {}
        }
        Ok(())
    }

    /// Ends the term, if there is one, and waits for what is under way in it.
    async fn depose(&self, running: &mut Option<Running>) -> Result<(), JoinError> {
        self.metrics.leads(false);
        let Some(Running { stop, task }) = running.take() else {
            return Ok(());
        };
        stop.cancel();
        task.await
    }

    /// Reads the lease unless it is known, and writes it if it is ours or free.
    async fn attempt(&mut self) -> Result<(), kube::Error> {
        if self.known.is_none() || !self.standing.leads() {
            self.known = self.api.get_opt(&self.settings.name).await?;
            let holder = self.known.as_ref().map(holder_of);
            self.standing.saw(Instant::now().into_std(), holder);
        }
        let began = Instant::now().into_std();
        match self.standing.decide(began) {
            Move::Wait | Move::Lost => return Ok(()),
            Move::Acquire | Move::Renew => {}
        }
        match self.write(Some(&self.settings.identity)).await {
            Ok(lease) => {
                self.standing.wrote(began, holder_of(&lease));
                self.known = Some(lease);
                Ok(())
            }
            // Somebody else wrote it: the next attempt reads it.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {
                self.known = None;
                Ok(())
            }
            Err(error) => {
                self.known = None;
                Err(error)
            }
        }
    }

    /// Writes the lease as `holder`'s, or nobody's, if it still is what is known.
    async fn write(&self, holder: Option<&str>) -> Result<Lease, kube::Error> {
        let lease = self.written(holder);
        let parameters = PostParams {
            field_manager: Some(MANAGER.into()),
            ..PostParams::default()
        };
        match &self.known {
            None => self.api.create(&parameters, &lease).await,
            Some(_) => {
                self.api
                    .replace(&self.settings.name, &parameters, &lease)
                    .await
            }
        }
    }

    /// The lease as it is to read next.
    fn written(&self, holder: Option<&str>) -> Lease {
        let now = MicroTime(Timestamp::now());
        let mut lease = self.known.clone().unwrap_or_else(|| Lease {
            metadata: ObjectMeta {
                name: Some(self.settings.name.clone()),
                namespace: Some(self.settings.namespace.clone()),
                ..ObjectMeta::default()
            },
            spec: None,
        });
        let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
        // The times are for people, and for electors that compare times of day.
        if spec.holder_identity.as_deref() != holder {
            spec.acquire_time = Some(now.clone());
            let transitions = spec
                .lease_transitions
                .map_or(0, |before| before.saturating_add(1));
            spec.lease_transitions = Some(transitions);
        }
        spec.renew_time = Some(now);
        spec.holder_identity = holder.map(ToOwned::to_owned);
        let seconds = self.settings.times.lease.as_secs();
        spec.lease_duration_seconds = Some(i32::try_from(seconds).unwrap_or(i32::MAX));
        lease
    }

    /// Gives the lease back if it is ours, so that the next replica need not wait for it to run out.
    async fn release(&mut self) {
        let released = async {
            self.known = self.api.get_opt(&self.settings.name).await?;
            let holder = self
                .known
                .as_ref()
                .and_then(|lease| holder_of(lease).identity);
            if holder.as_deref() == Some(self.settings.identity.as_str()) {
                self.write(None).await?;
            }
            Ok::<_, kube::Error>(())
        };
        match tokio::time::timeout(RELEASE_PATIENCE, released).await {
            Ok(Ok(())) => {
                tracing::info!(action = "release", result = "ok", "the lease is released")
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, action = "release", result = "failed", "the lease was not released; it runs out")
            }
            Err(_) => tracing::warn!(
                action = "release",
                result = "failed",
                "the lease was not released in time; it runs out"
            ),
        }
    }
}

/// What counts of a lease: who holds it, and whatever moves when it is renewed.
fn holder_of(lease: &Lease) -> Holder {
    let spec = lease.spec.clone().unwrap_or_default();
    let seconds = spec
        .lease_duration_seconds
        .and_then(|s| u64::try_from(s).ok());
    Holder {
        identity: spec.holder_identity.filter(|identity| !identity.is_empty()),
        renewed: spec
            .renew_time
            .map(|time| time.0.to_string())
            .unwrap_or_default(),
        lease: seconds
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs),
    }
}
