//! What a scheduler, kubelets and a provisioner of volumes do, as far as an operator can tell: pods are bound to nodes, get
//! addresses, run once what they mount is there, are ready once their agent is; claims are bound; deleted pods go.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ConfigMap, Node, PersistentVolumeClaim, Pod, Secret};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use synod_agent_api::AgentConfig;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};

use super::agents::{Agent, Fleet, Papers};
use crate::Failure;

/// What the operator puts on all that is its own.
const LABEL: &str = "synod.dev/kind";
/// Nodes that pods are spread over.
pub const NODES: usize = 5;
/// Writes under way at a time, as several kubelets would have.
const WRITES_MAX: usize = 32;
/// How often it is looked whether what a pod mounts is there.
const MOUNT_POLL: Duration = Duration::from_millis(500);
/// The first address of a pod: another row of loopback for every run, above those that local mode uses.
fn first_address() -> u32 {
    let [.., row] = std::process::id().to_be_bytes();
    u32::from_be_bytes([127, 128 | row >> 1, 0, 1])
}

/// All nodes of a cluster.
#[derive(Clone)]
pub struct Kubelet {
    client: Client,
    fleet: Fleet,
    writes: Arc<Semaphore>,
}

impl Kubelet {
    /// With agents in `fleet`.
    #[must_use]
    pub fn new(client: Client, fleet: Fleet) -> Self {
        Self {
            client,
            fleet,
            writes: Arc::new(Semaphore::new(WRITES_MAX)),
        }
    }

    /// Makes the nodes.
    ///
    /// # Errors
    /// When the API refuses one.
    pub async fn register(&self) -> Result<(), Failure> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        for number in 0..NODES {
            let node = node_name(number);
            let labels = json!({"kubernetes.io/hostname": node, "topology.kubernetes.io/zone": format!("zone-{}", number % 3)});
            let body = json!({"metadata": {"name": node, "labels": labels}});
            let body = serde_json::from_value(body).map_err(|e| e.to_string())?;
            nodes
                .create(&PostParams::default(), &body)
                .await
                .map_err(|e| format!("node {node}: {e}"))?;
        }
        Ok(())
    }

    /// Runs until it is dropped.
    pub async fn run(self) {
        tokio::join!(self.clone().pods(), self.claims());
    }

    async fn claims(self) {
        let all: Api<PersistentVolumeClaim> = Api::all(self.client.clone());
        let mut events = watcher(all, Config::default().labels(LABEL))
            .default_backoff()
            .boxed();
        let mut tasks = JoinSet::new();
        while let Some(event) = events.next().await {
            let (Ok(Event::Apply(claim)) | Ok(Event::InitApply(claim))) = event else {
                continue;
            };
            let phase = claim.status.as_ref().and_then(|s| s.phase.as_deref());
            let kubelet = self.clone();
            if claim.metadata.deletion_timestamp.is_some() {
                tasks.spawn(async move { kubelet.let_claim_go(&claim).await });
            } else if phase != Some("Bound") {
                tasks.spawn(async move { kubelet.bind_claim(&claim).await });
            }
            while tasks.try_join_next().is_some() {}
        }
    }

    async fn bind_claim(&self, claim: &PersistentVolumeClaim) {
        let requested = claim
            .spec
            .as_ref()
            .and_then(|spec| spec.resources.as_ref()?.requests.as_ref()?.get("storage"));
        let status = json!({"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": requested}});
        self.patch_status::<PersistentVolumeClaim>(claim.namespace(), claim.name_any(), status)
            .await;
    }

    /// The API server protects every claim; a controller takes that off when no pod uses it.
    async fn let_claim_go(&self, claim: &PersistentVolumeClaim) {
        let api: Api<PersistentVolumeClaim> = self.namespaced(claim.namespace());
        let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
        let _permit = self.writes.acquire().await;
        let _ = api
            .patch(&claim.name_any(), &PatchParams::default(), &patch)
            .await;
    }

    async fn pods(self) {
        let all: Api<Pod> = Api::all(self.client.clone());
        let mut events = watcher(all, Config::default().labels(LABEL))
            .default_backoff()
            .boxed();
        let mut running: HashMap<String, AbortHandle> = HashMap::new();
        let mut tasks = JoinSet::new();
        let mut next = first_address();
        while let Some(event) = events.next().await {
            while tasks.try_join_next().is_some() {}
            match event {
                Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                    let uid = pod.uid().unwrap_or_default();
                    if pod.metadata.deletion_timestamp.is_some() {
                        // Its agent ends with its task.
                        running.remove(&uid).inspect(AbortHandle::abort);
                        let kubelet = self.clone();
                        tasks.spawn(async move { kubelet.remove(&pod).await });
                    } else if let Entry::Vacant(place) = running.entry(uid) {
                        let address = IpAddr::V4(Ipv4Addr::from(next));
                        next += 1;
                        let kubelet = self.clone();
                        let task = async move { kubelet.run_pod(&pod, address).await };
                        place.insert(tasks.spawn(task));
                    }
                }
                Ok(Event::Delete(pod)) => {
                    let uid = pod.uid().unwrap_or_default();
                    running.remove(&uid).inspect(AbortHandle::abort);
                }
                _ => {}
            }
        }
    }

    /// From no node to ready; then the agent runs until the task is aborted.
    async fn run_pod(&self, pod: &Pod, address: IpAddr) {
        let name = pod.name_any();
        if let Err(failure) = self.bind(pod, address).await {
            eprintln!("kubelet: {name}: {failure}");
            return;
        }
        let (config, papers) = loop {
            match self.mounted(pod).await {
                Some(mounted) => break mounted,
                None => tokio::time::sleep(MOUNT_POLL).await,
            }
        };
        let started = self.fleet.start(address, &config, &papers).await;
        let (agent, mut shown): (Agent, _) = match started {
            Ok(started) => started,
            Err(failure) => {
                eprintln!("kubelet: {failure}");
                return;
            }
        };
        let since = Timestamp::now();
        self.report(pod, address, since, false).await;
        while shown.wait_for(|status| status.ready).await.is_ok() {
            self.report(pod, address, since, true).await;
            if shown.wait_for(|status| !status.ready).await.is_err() {
                break;
            }
            self.report(pod, address, since, false).await;
        }
        drop(agent);
    }

    async fn bind(&self, pod: &Pod, address: IpAddr) -> Result<(), Failure> {
        if pod.spec.as_ref().is_some_and(|s| s.node_name.is_some()) {
            return Ok(());
        }
        let name = pod.name_any();
        let IpAddr::V4(bits) = address else {
            return Err("an address of the wrong family".to_owned());
        };
        let node = node_name(u32::from(bits) as usize % NODES);
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let api: Api<Pod> = self.namespaced(pod.namespace());
        let _permit = self.writes.acquire().await;
        let bound: Result<Value, _> = api
            .create_subresource("binding", &name, &PostParams::default(), &binding)
            .await;
        bound.map(|_| ()).map_err(|e| e.to_string())
    }

    /// What the pod mounts, once all of it is there.
    async fn mounted(&self, pod: &Pod) -> Option<(AgentConfig, Papers)> {
        let volumes = pod.spec.as_ref()?.volumes.as_ref()?;
        let config = volumes.iter().find_map(|v| v.config_map.as_ref())?;
        let secret = volumes
            .iter()
            .find(|volume| volume.name == "tls")?
            .secret
            .as_ref()?;
        let _permit = self.writes.acquire().await.ok()?;
        let configs: Api<ConfigMap> = self.namespaced(pod.namespace());
        let config = configs.get_opt(&config.name).await.ok()??;
        let secrets: Api<Secret> = self.namespaced(pod.namespace());
        let secret = secrets
            .get_opt(secret.secret_name.as_deref()?)
            .await
            .ok()??;
        let mut files = secret.data?;
        let mut file = |name: &str| Some(files.remove(name)?.0);
        let papers = Papers {
            authority: file("ca.crt")?,
            certificate: file("tls.crt")?,
            key: file("tls.key")?,
        };
        let config = AgentConfig::parse(config.data?.get("agent.yaml")?).ok()?;
        Some((config, papers))
    }

    async fn report(&self, pod: &Pod, address: IpAddr, since: Timestamp, ready: bool) {
        let truth = if ready { "True" } else { "False" };
        let now = Timestamp::now();
        let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
        let image = container.and_then(|c| c.image.as_deref());
        let condition = |kind: &str, truth: &str, time: Timestamp| json!({"type": kind, "status": truth, "lastTransitionTime": seconds(time)});
        let status = json!({
            "phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "hostIP": "127.0.0.1", "startTime": seconds(since),
            "conditions": [
                condition("PodScheduled", "True", since), condition("Initialized", "True", since),
                condition("ContainersReady", truth, now), condition("Ready", truth, now),
            ],
            "containerStatuses": [{
                "name": container.map(|c| &c.name), "image": image, "imageID": image, "ready": ready, "started": true,
                "restartCount": 0, "containerID": format!("containerd://{}", pod.uid().unwrap_or_default()),
                "state": {"running": {"startedAt": seconds(since)}},
            }],
        });
        self.patch_status::<Pod>(pod.namespace(), pod.name_any(), status)
            .await;
    }

    async fn remove(&self, pod: &Pod) {
        let api: Api<Pod> = self.namespaced(pod.namespace());
        let parameters = DeleteParams::default()
            .grace_period(0)
            .preconditions(Preconditions {
                uid: pod.uid(),
                resource_version: None,
            });
        let _permit = self.writes.acquire().await;
        let _ = api.delete(&pod.name_any(), &parameters).await;
    }

    async fn patch_status<K>(&self, namespace: Option<String>, name: String, status: Value)
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug,
    {
        let api: Api<K> = self.namespaced(namespace);
        let _permit = self.writes.acquire().await;
        let patch = Patch::Merge(json!({ "status": status }));
        let parameters = PatchParams {
            field_manager: Some("kubelet".to_owned()),
            ..PatchParams::default()
        };
        if let Err(error) = api.patch_status(&name, &parameters, &patch).await {
            eprintln!("kubelet: {name}: {error}");
        }
    }

    fn namespaced<K>(&self, namespace: Option<String>) -> Api<K>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &namespace.unwrap_or_default())
    }
}

fn node_name(number: usize) -> String {
    format!("node-{number}")
}

/// As the API writes times: whole seconds.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
