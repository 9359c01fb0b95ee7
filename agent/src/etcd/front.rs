//! What all calls share: the way to the engine, who this member is, and the bounds.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use synod_agent_api::{ClusterUid, Role};
use synod_kv::{Command, Reply, Store};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::errors::{EtcdError, refused, store_refused};
use super::grpc::Intake;
use super::ids::member_id;
use super::metrics::{self, Gauges, Metrics};
use super::watch::Watchers;
use crate::admin::Extra;
use crate::engine::Engine;

/// What a front end is told at its start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Bytes of one request (etcd's default is 1.5 MiB).
    pub request_bytes_max: usize,
    /// Operations of one level of a transaction (etcd's default is 128).
    pub txn_ops_max: usize,
    /// Time between progress notifications of a watch that wants them and sees nothing (etcd's default is 10 min).
    pub watch_progress_interval: Duration,
    /// Time without a leader after which streams of clients that want one are ended.
    pub no_leader_grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request_bytes_max: 1536 << 10,
            txn_ops_max: 128,
            watch_progress_interval: Duration::from_secs(600),
            no_leader_grace: Duration::from_secs(3),
        }
    }
}

impl Settings {
    /// Bytes of one message: a request, and as much again as etcd leaves for what is around it.
    pub(crate) const fn message_bytes_max(&self) -> usize {
        const OVERHEAD_BYTES: usize = 512 << 10;
        self.request_bytes_max.saturating_add(OVERHEAD_BYTES)
    }
}

/// The front end of one member.
pub struct Front {
    pub(crate) engine: Engine<Store>,
    pub(crate) settings: Settings,
    pub(crate) cluster: ClusterUid,
    pub(crate) cluster_id: u64,
    pub(crate) member_id: u64,
    pub(crate) metrics: Metrics,
    pub(crate) watchers: Arc<Watchers>,
    pub(crate) intake: Intake,
    others: OnceLock<Extra>,
    stop: CancellationToken,
}

impl Front {
    /// A front end over an engine. `stop` ends it: streams are ended, no new connections are taken.
    #[must_use]
    pub fn new(engine: Engine<Store>, settings: Settings, stop: CancellationToken) -> Self {
        let status = engine.status();
        let cluster = status.cluster_uid;
        Self {
            cluster,
            cluster_id: cluster.etcd_cluster_id(),
            member_id: member_id(cluster, status.number),
            metrics: Metrics::new(),
            watchers: Arc::default(),
            intake: Intake::new(settings.message_bytes_max()),
            others: OnceLock::new(),
            engine,
            settings,
            stop,
        }
    }

    /// Is cancelled when the front end is to end.
    pub(crate) const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Replicates a command; the store's revision after it, and its reply.
    pub(crate) async fn propose(&self, command: Command) -> Result<(i64, Reply), Status> {
        let encoded = command.encode();
        if encoded.len() > self.settings.request_bytes_max {
            return Err(EtcdError::RequestTooLarge.into());
        }
        let (_, response) = self.engine.propose(encoded).await.map_err(refused)?;
        let reply = response.result.map_err(store_refused)?;
        Ok((response.revision, reply))
    }

    /// The answer to a reply that does not belong to its command: the store is at fault, the member goes on.
    pub(crate) fn answered_wrongly() -> Status {
        Status::internal("synod: the store answered another command")
    }

    /// Waits until everything decided by now is applied here.
    pub(crate) async fn linearize(&self) -> Result<(), Status> {
        let read = self.engine.read(|_| ()).await;
        read.map_err(|refusal| refused(refusal).into())
    }

    /// The store's revision as this member knows it.
    pub(crate) async fn revision(&self) -> Result<i64, Status> {
        let read = self.engine.inspect(|store| store.revision()).await;
        read.map_err(|refusal| refused(refusal).into())
    }

    /// Has watches woken by what is applied from now on.
    pub(crate) async fn wake_watches(&self) {
        let watchers = Arc::clone(&self.watchers);
        let hook = move |store: &mut Store| watchers.applied(store);
        // Refused only by an engine that has stopped: every call will say so.
        let _ = self.engine.after_each_turn(Box::new(hook)).await;
    }

    /// Shows the metrics of others on the client port too.
    pub fn add_metrics(&self, others: Extra) {
        let _ = self.others.set(others);
    }

    /// All metrics, as text.
    pub(crate) async fn metrics_text(&self) -> String {
        let mut text = match self.others.get() {
            Some(others) => others().await,
            None => String::new(),
        };
        text.push_str(&self.own_metrics().await);
        text
    }

    /// The metrics of the front end and its store, as text.
    pub async fn own_metrics(&self) -> String {
        let live = self.engine.live();
        let read = self
            .engine
            .inspect(|store| (store.revision(), store.compact_revision(), store.sizes()));
        let (revision, compact_revision, sizes) = read.await.unwrap_or_default();
        let gauges = Gauges {
            has_leader: live.leader().is_some(),
            is_leader: self.engine.status().leads(),
            is_learner: self.is_learner(),
            server_id: self.member_id,
            decided: live.decided(),
            applied: live.applied(),
            sizes,
            revision,
            compact_revision,
        };
        metrics::text(&self.metrics, &gauges)
    }

    /// Ends when a leader is known, at the latest after the grace.
    pub(crate) async fn leader_found(&self) {
        let mut statuses = self.engine.watch_status();
        let found = statuses.wait_for(|s| s.leader.is_some());
        let _ = timeout(self.settings.no_leader_grace, found).await;
    }

    /// Ends when no leader was known for long, if that is of interest; otherwise never.
    pub(crate) async fn leader_lost(&self, wanted: bool) {
        if !wanted {
            return std::future::pending().await;
        }
        let mut statuses = self.engine.watch_status();
        loop {
            // An error means that the engine has stopped, which ends streams by itself.
            if statuses.wait_for(|s| s.leader.is_none()).await.is_err() {
                return std::future::pending().await;
            }
            let back = statuses.wait_for(|s| s.leader.is_some());
            if timeout(self.settings.no_leader_grace, back).await.is_err() {
                return;
            }
        }
    }

    /// Whether this member only receives the log.
    pub(crate) fn is_learner(&self) -> bool {
        self.engine.status().role == Role::Learner
    }
}
