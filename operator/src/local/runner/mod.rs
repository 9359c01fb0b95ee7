//! The process runner: what scheduler, kubelet, volume binder and service proxy are in a cluster, for one machine.
//!
//! It reads Pods, claims, Secrets, ConfigMaps and Services from the API, runs each Pod as a process with its own
//! loopback address, binds claims to directories, and forwards Services. It promises that a pod's process is never run
//! twice, that a claim's content outlives every pod, and that processes outlive the runner: dropping it stops nothing;
//! [`Runner::run`] stops them when asked to. It knows nothing of Synod's kinds.

mod addresses;
mod claims;
mod forwarder;
mod hosts;
mod placement;
mod probe;
pub mod process;
pub(crate) mod program;
mod volumes;
mod worker;

use super::home::Home;
use addresses::Addresses;
use forwarder::Forwarders;
use futures::future::join_all;
use futures::stream::{BoxStream, SelectAll};
use futures::{FutureExt, Stream, StreamExt};
use k8s_openapi::api::core::v1::{Pod, Service};
use kube::api::Api;
use kube::runtime::reflector::{self, Store};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use volumes::Sources;
use worker::{Shared, Worker};

/// The name of the only node.
pub const NODE: &str = "local";
/// Ports that a new address must have free: those of an agent.
const AGENT_PORTS: &[u16] = &[2379, 2380, 2381, 2382];

/// The runner of one data directory.
pub struct Runner {
    shared: Arc<Shared>,
    pods: Store<Pod>,
    services: Store<Service>,
    events: SelectAll<BoxStream<'static, Changed>>,
    addresses: Addresses,
    forwarders: Forwarders,
    hosts: String,
    /// Pods and Services that were given their address, but whose cached state may not show it yet.
    addressed: BTreeSet<String>,
    /// Directories of the claims seen last.
    contents: BTreeSet<PathBuf>,
    workers: BTreeMap<String, watch::Sender<Option<Arc<Pod>>>>,
    tasks: JoinSet<String>,
    sources_changed: watch::Sender<u64>,
    stopping: watch::Sender<bool>,
}

/// Which stream told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    Pods,
    Services,
    Claims,
    Secrets,
    Maps,
}

/// All of [`Changed`].
const STREAMS: usize = 5;

/// A cache of all objects of a type, and the stream that keeps it.
fn observed<K>(client: &Client, changed: Changed) -> (Store<K>, BoxStream<'static, Changed>)
where
    K: kube::Resource<DynamicType = ()>
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned
        + Send
        + Sync
        + 'static,
{
    let (store, writer) = reflector::store();
    let stream: std::pin::Pin<Box<dyn Stream<Item = _> + Send>> = Box::pin(
        reflector::reflector(
            writer,
            watcher(Api::<K>::all(client.clone()), watcher::Config::default()),
        )
        .default_backoff(),
    );
    let stream = stream.filter_map(move |event: Result<watcher::Event<K>, watcher::Error>| async move {
        match event {
            Ok(watcher::Event::Init | watcher::Event::InitApply(_)) => None,
            Ok(_) => Some(changed),
            Err(error) => {
                tracing::warn!(%error, ?changed, "a watch of the runner ended; it is begun again");
                None
            }
        }
    });
    (store, stream.boxed())
}

impl Runner {
    /// A runner that is not running yet.
    pub fn new(client: Client, home: &Home) -> Self {
        let (pods, pod_events) = observed(&client, Changed::Pods);
        let (services, service_events) = observed(&client, Changed::Services);
        let (claims, claim_events) = observed(&client, Changed::Claims);
        let (secrets, secret_events) = observed(&client, Changed::Secrets);
        let (maps, map_events) = observed(&client, Changed::Maps);
        let sources = Sources {
            claims,
            secrets,
            maps,
            claims_directory: home.volumes(),
        };
        let shared = Shared {
            client,
            home: home.clone(),
            sources,
            agent: program::agent(),
        };
        Self {
            shared: Arc::new(shared),
            pods,
            services,
            events: futures::stream::select_all([
                pod_events,
                service_events,
                claim_events,
                secret_events,
                map_events,
            ]),
            addresses: Addresses::open(home),
            forwarders: Forwarders::default(),
            hosts: String::new(),
            addressed: BTreeSet::new(),
            contents: BTreeSet::new(),
            workers: BTreeMap::new(),
            tasks: JoinSet::new(),
            sources_changed: watch::Sender::new(0),
            stopping: watch::Sender::new(false),
        }
    }

    /// Runs pods until `shutdown`, then stops their processes and ends.
    pub async fn run(mut self, shutdown: CancellationToken) {
        // Nothing is decided on half of what there is: a claim that was not read yet is not a claim that is gone.
        let mut seen = Vec::new();
        while seen.len() < STREAMS && !shutdown.is_cancelled() {
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(changed) = self.events.next() => if !seen.contains(&changed) { seen.push(changed) },
            }
        }
        while !shutdown.is_cancelled() {
            self.reconcile().await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                Some(changed) = self.events.next() => self.note(changed),
                Some(ended) = self.tasks.join_next() => self.forget(ended),
            }
        }
        self.stopping.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }

    fn note(&self, changed: Changed) {
        if matches!(changed, Changed::Claims | Changed::Secrets | Changed::Maps) {
            self.sources_changed.send_modify(|count| *count += 1);
        }
    }

    fn forget(&mut self, ended: Result<String, tokio::task::JoinError>) {
        match ended {
            Ok(uid) => drop(self.workers.remove(&uid)),
            Err(error) => tracing::error!(%error, "a pod's task ended unexpectedly"),
        }
    }

    async fn reconcile(&mut self) {
        let pods = self.pods.state();
        let services = self.services.state();
        self.bind_claims(&pods).await;
        self.give_addresses(&pods, &services).await;
        if let Err(error) = hosts::write(
            &self.shared.home,
            hosts::text(&pods, &services),
            &mut self.hosts,
        ) {
            tracing::warn!(%error, "the hosts file is not written");
        }
        self.forwarders.follow(&services, &pods);
        self.follow_pods(&pods);
    }

    /// Gives every new pod and Service its address, all at the same time: each is two answers of the API away.
    async fn give_addresses(&mut self, pods: &[Arc<Pod>], services: &[Arc<Service>]) {
        let mut gifts = Vec::new();
        for pod in pods.iter().filter(|pod| worker::address(pod).is_none()) {
            if self.addressed.contains(&pod.uid().unwrap_or_default()) {
                continue;
            }
            if let Some(address) = self.given("pod", &**pod, AGENT_PORTS) {
                gifts.push(
                    placement::of_pod(Arc::clone(&self.shared), Arc::clone(pod), address).boxed(),
                );
            }
        }
        for service in services {
            let (uid, ports) = (
                service.uid().unwrap_or_default(),
                placement::wanted_ports(service),
            );
            let Some(ports) = ports.filter(|_| !self.addressed.contains(&uid)) else {
                continue;
            };
            if let Some(address) = self.given("service", &**service, &ports) {
                gifts.push(
                    placement::of_service(Arc::clone(&self.shared), Arc::clone(service), address)
                        .boxed(),
                );
            }
        }
        for (uid, outcome) in join_all(gifts).await {
            match outcome {
                Ok(()) => drop(self.addressed.insert(uid)),
                Err(error) => tracing::warn!(uid, %error, "an address is not written yet"),
            }
        }
        let known: BTreeSet<_> = pods
            .iter()
            .filter_map(|pod| pod.uid())
            .chain(services.iter().filter_map(|s| s.uid()))
            .collect();
        self.addressed.retain(|uid| known.contains(uid));
    }

    /// Gives every placed pod a worker, and every worker the newest state of its pod.
    fn follow_pods(&mut self, pods: &[Arc<Pod>]) {
        let placed = pods.iter().filter(|pod| worker::address(pod).is_some());
        let placed: BTreeMap<String, &Arc<Pod>> =
            placed.filter_map(|pod| Some((pod.uid()?, pod))).collect();
        for (uid, pod) in &placed {
            match self.workers.get(uid) {
                Some(sender) => drop(sender.send_if_modified(|known| {
                    let newer = known
                        .as_ref()
                        .is_none_or(|known| known.resource_version() != pod.resource_version());
                    *known = Some(Arc::clone(pod));
                    newer
                })),
                None => self.employ(uid, pod),
            }
        }
        for (_, sender) in self
            .workers
            .iter()
            .filter(|(uid, _)| !placed.contains_key(*uid))
        {
            sender.send_if_modified(|known| known.take().is_some());
        }
    }

    fn employ(&mut self, uid: &str, pod: &Arc<Pod>) {
        let (sender, receiver) = watch::channel(Some(Arc::clone(pod)));
        let worker = Worker::new(
            Arc::clone(&self.shared),
            receiver,
            self.sources_changed.subscribe(),
            self.stopping.subscribe(),
            pod,
        );
        let name = uid.to_owned();
        self.tasks.spawn(async move {
            worker.run().await;
            name
        });
        self.workers.insert(uid.to_owned(), sender);
    }

    /// The address of an object; none, and a warning, while there is none to be had.
    fn given(
        &mut self,
        kind: &str,
        object: &dyn Named,
        ports: &[u16],
    ) -> Option<std::net::Ipv4Addr> {
        let key = object.key(kind);
        let (pods, services) = (&self.pods, &self.services);
        let in_use = |key: &str| {
            pods.find(|pod| key == pod.key("pod")).is_some()
                || services
                    .find(|service| key == service.key("service"))
                    .is_some()
        };
        match self.addresses.of(&key, ports, &in_use) {
            Ok(address) => Some(address),
            Err(error) => {
                tracing::warn!(key, %error, "no loopback address");
                None
            }
        }
    }

    /// Binds new claims to directories, lets unused ones go, and removes the content of those that went.
    async fn bind_claims(&mut self, pods: &[Arc<Pod>]) {
        let claims = self.shared.sources.claims.state();
        let shared = &self.shared;
        join_all(
            claims
                .iter()
                .map(|claim| claims::follow(shared, claim, pods)),
        )
        .await;
        self.remove_contents();
    }

    /// Removes the content of claims that went while this runner looked. What was never seen with a claim is left
    /// alone: content is dearer than room.
    fn remove_contents(&mut self) {
        let directory = self.shared.home.volumes();
        let claims = self.shared.sources.claims.state();
        let known: BTreeSet<_> = claims
            .iter()
            .map(|claim| volumes::claim_directory(&directory, claim))
            .collect();
        for path in self.contents.difference(&known) {
            tracing::info!(path = %path.display(), "the claim is gone: its content is removed");
            let _ = std::fs::remove_dir_all(path);
        }
        self.contents = known;
    }
}

/// What addresses are kept by.
trait Named {
    /// `KIND/NAMESPACE/NAME`.
    fn key(&self, kind: &str) -> String;
}

impl<K: ResourceExt> Named for K {
    fn key(&self, kind: &str) -> String {
        format!(
            "{kind}/{}/{}",
            self.namespace().unwrap_or_default(),
            self.name_any()
        )
    }
}
