//! The whole loop over the embedded API, with a kubelet and agents that are played here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams,
};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use synod_agent_api::{
    AgentConfig, ApiError, ConfigurationRequest, ConfigurationResponse, ErrorCode, Status,
    TransferRequest,
};
use synod_crds::ConsensusGroup;
use synod_operator::agents::{AgentError, Reach, Target};
use synod_operator::authority::text;
use synod_operator::certificates::fingerprints;
use synod_operator::controller::Controller;
use synod_operator::kinds;
use synod_operator::local::api::{Api as Embedded, Settings as ApiSettings};
use synod_operator::metrics::Metrics;
use synod_operator::settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::group::Group;

/// How often the played kubelet and agents look.
const TICK: Duration = Duration::from_millis(3);
/// Beyond this a test is stuck; nothing is measured by it.
const STUCK: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) client: Client,
    groups: Arc<Mutex<BTreeMap<String, Group>>>,
    /// Agents tell which certificates they use.
    certified: Arc<AtomicBool>,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        let embedded = Embedded::open(ApiSettings::volatile()).expect("an API");
        let client = embedded.client("default");
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        for definition in synod_crds::definitions() {
            definitions
                .create(&PostParams::default(), &definition)
                .await
                .expect("a definition");
        }
        let cluster = Self {
            client,
            groups: Arc::default(),
            certified: Arc::default(),
        };
        let kubelet = cluster.clone();
        tokio::spawn(async move {
            loop {
                kubelet.look().await;
                tokio::time::sleep(TICK).await;
            }
        });
        cluster
    }

    pub(crate) fn groups(&self) -> MutexGuard<'_, BTreeMap<String, Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A controller that runs until the token is cancelled, and what it counts.
    pub(crate) fn controller(&self) -> (CancellationToken, Arc<Metrics>) {
        self.controller_with(self.client.clone())
    }

    /// The same, with a client of its own.
    pub(crate) fn controller_with(&self, client: Client) -> (CancellationToken, Arc<Metrics>) {
        let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
        let controller = Controller::new(
            client,
            Settings::default(),
            kinds::all(),
            Arc::new(self.clone()),
            metrics.clone(),
        );
        tokio::spawn(controller.run(stop.clone()));
        (stop, metrics)
    }

    /// What a kubelet does at a look.
    async fn look(&self) {
        let pods: Api<Pod> = Api::default_namespaced(self.client.clone());
        for pod in pods.list(&ListParams::default()).await.expect("pods") {
            let (group, number) = seat(&pod);
            if pod.metadata.deletion_timestamp.is_some() {
                if let Some(disk) = self
                    .groups()
                    .entry(group)
                    .or_default()
                    .disks
                    .get_mut(&number)
                {
                    disk.running = false;
                }
                let now = DeleteParams::default().grace_period(0);
                let _ = pods.delete(&pod.name_any(), &now).await;
            } else if pod
                .status
                .as_ref()
                .and_then(|s| s.pod_ip.as_ref())
                .is_none()
            {
                self.run_pod(&pods, &pod, group, number).await;
            }
        }
        self.release_claims().await;
        for group in self.groups().values_mut() {
            group.settle();
        }
    }

    /// A claim that is being deleted goes when no pod uses it.
    async fn release_claims(&self) {
        let claims: Api<PersistentVolumeClaim> = Api::default_namespaced(self.client.clone());
        let pods: Api<Pod> = Api::default_namespaced(self.client.clone());
        for claim in claims.list(&ListParams::default()).await.expect("claims") {
            let name = claim.name_any();
            let used = pods
                .get_opt(name.trim_start_matches("data-"))
                .await
                .expect("an answer")
                .is_some();
            if claim.metadata.deletion_timestamp.is_some() && !used {
                let released = json!({ "metadata": { "finalizers": null } });
                let _ = claims
                    .patch(&name, &PatchParams::default(), &Patch::Merge(released))
                    .await;
            }
        }
    }

    async fn run_pod(&self, pods: &Api<Pod>, pod: &Pod, group: String, number: u64) {
        let maps: Api<ConfigMap> = Api::default_namespaced(self.client.clone());
        let Ok(map) = maps.get(&format!("{group}-cg-config-{number}")).await else {
            return;
        };
        let text = &map.data.as_ref().expect("data")["agent.yaml"];
        let config = AgentConfig::parse(text).expect("a configuration that the agent takes");
        let claim = format!("data-{}", pod.name_any());
        let status = json!({ "status": {
            "phase": "Running",
            "podIP": format!("127.0.1.{number}"),
            "containerStatuses": [{
                "name": "agent", "image": "", "imageID": "", "ready": true, "restartCount": 0,
                "state": { "running": {} }
            }],
        }});
        let done = pods
            .patch_status(
                &pod.name_any(),
                &PatchParams::default(),
                &Patch::Merge(status),
            )
            .await;
        if done.is_ok() {
            let mut groups = self.groups();
            groups
                .entry(group)
                .or_default()
                .start(number, &claim, &config);
        }
    }

    /// From now on agents tell which certificates they use: always what is in their Secret.
    pub(crate) fn certify(&self) {
        self.certified.store(true, Ordering::Relaxed);
    }

    async fn read_certificates(&self, target: &Target, status: &mut Status) {
        let secrets: Api<Secret> = Api::default_namespaced(self.client.clone());
        let member = &target.identity;
        let name = format!("{}-cg-tls-{}", member.name, member.number);
        let Ok(secret) = secrets.get(&name).await else {
            return;
        };
        let all = |name| fingerprints(&text(&secret, name).unwrap_or_default());
        status.ca_fingerprints = all("ca.crt");
        status.ca_fingerprints.sort();
        status.certificate_fingerprint = all("tls.crt").pop();
    }

    pub(crate) async fn apply(&self, name: &str, spec: Value) {
        let kind = ApiResource::erase::<ConsensusGroup>(&());
        let groups: Api<DynamicObject> = Api::default_namespaced_with(self.client.clone(), &kind);
        let object = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": "ConsensusGroup",
            "metadata": { "name": name }, "spec": spec,
        });
        let parameters = PatchParams::apply("test").force();
        groups
            .patch(name, &parameters, &Patch::Apply(object))
            .await
            .expect("applied");
    }

    /// Waits until the object's status, of its newest generation, passes `test`.
    pub(crate) async fn until(&self, name: &str, test: impl Fn(&Value) -> bool) {
        let groups: Api<ConsensusGroup> = Api::default_namespaced(self.client.clone());
        let mut last = Value::Null;
        let passed = eventually(async || {
            let object = groups.get(name).await.expect("the object");
            last = serde_json::to_value(&object.status).expect("encodes");
            let seen = object.status.and_then(|s| s.observed_generation);
            seen == object.metadata.generation && test(&last)
        })
        .await;
        assert!(passed, "{name} ended as {last}");
    }

    pub(crate) async fn ready(&self, name: &str, members: i32) {
        self.until(name, |status| is_ready(status, members)).await;
    }

    /// Whether the object's status, of its newest generation, says so.
    pub(crate) async fn is_ready(&self, name: &str, members: i32) -> bool {
        let groups: Api<ConsensusGroup> = Api::default_namespaced(self.client.clone());
        let object = groups.get(name).await.expect("the object");
        let status = serde_json::to_value(&object.status).expect("encodes");
        let seen = object.status.and_then(|status| status.observed_generation);
        seen == object.metadata.generation && is_ready(&status, members)
    }

    /// The newest version of anything: it moves with every write.
    pub(crate) async fn revision(&self) -> String {
        let maps: Api<ConfigMap> = Api::default_namespaced(self.client.clone());
        let list = maps.list(&ListParams::default()).await.expect("a list");
        list.metadata.resource_version.expect("a version")
    }
}

fn is_ready(status: &Value, members: i32) -> bool {
    status["state"] == "Ready" && status["members"] == members
}

/// For scenarios that are plain functions: on this thread, where a mistake is switched on.
pub(crate) fn blocking<T>(scenario: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(scenario)
}

pub(crate) async fn eventually(mut test: impl AsyncFnMut() -> bool) -> bool {
    let tries = async {
        while !test().await {
            tokio::time::sleep(TICK).await;
        }
    };
    tokio::time::timeout(STUCK, tries).await.is_ok()
}

/// The group's name and the member's number, from `config-cg-1`.
fn seat(pod: &Pod) -> (String, u64) {
    let name = pod.name_any();
    let (group, number) = name.rsplit_once("-cg-").expect("a member's pod");
    (group.to_owned(), number.parse().expect("a number"))
}

impl Reach for Cluster {
    fn status(
        &self,
        target: Target,
        after: Option<u64>,
    ) -> BoxFuture<'static, Result<Status, AgentError>> {
        let cluster = self.clone();
        Box::pin(async move {
            loop {
                let status = {
                    let groups = cluster.groups();
                    let group = groups.get(&target.identity.name);
                    group.and_then(|group| {
                        let cluster = target.identity.cluster;
                        let status = group.status(target.identity.number);
                        status.filter(|status| status.cluster_uid == cluster)
                    })
                };
                let Some(mut status) = status else {
                    return Err(AgentError::Unreachable(
                        target.address,
                        "it does not run".into(),
                    ));
                };
                if cluster.certified.load(Ordering::Relaxed) {
                    cluster.read_certificates(&target, &mut status).await;
                }
                status.generation = generation(&status);
                if after != Some(status.generation) {
                    return Ok(status);
                }
                tokio::time::sleep(TICK).await;
            }
        })
    }

    fn change(
        &self,
        target: Target,
        request: ConfigurationRequest,
    ) -> BoxFuture<'static, Result<ConfigurationResponse, AgentError>> {
        let mut groups = self.groups();
        let group = groups.entry(target.identity.name).or_default();
        let result = group.change(target.identity.number, &request);
        let result = result
            .map(|id| ConfigurationResponse { id })
            .map_err(conflict);
        Box::pin(std::future::ready(result))
    }

    fn transfer(
        &self,
        target: Target,
        request: TransferRequest,
    ) -> BoxFuture<'static, Result<(), AgentError>> {
        let mut groups = self.groups();
        let group = groups.entry(target.identity.name).or_default();
        let result = group.transfer(target.identity.number, request.to.unwrap_or(0));
        Box::pin(std::future::ready(result.map_err(conflict)))
    }

    fn trust(&self, _namespace: &str, certificates: &str, key: &str) {
        assert!(certificates.contains("BEGIN CERTIFICATE") && key.contains("PRIVATE KEY"));
    }
}

fn conflict(message: String) -> AgentError {
    AgentError::Refused(ApiError {
        code: ErrorCode::Conflict,
        message,
    })
}

/// Differs when anything in the status differs.
fn generation(status: &Status) -> u64 {
    let text = format!("{status:?}");
    text.bytes().fold(7, |hash: u64, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    })
}

#[tokio::test]
async fn created_scaled_and_never_written_again() {
    let cluster = Cluster::start().await;
    let (stop, _) = cluster.controller();
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    cluster
        .apply("config", json!({ "members": 5, "learners": 1 }))
        .await;
    cluster.ready("config", 5).await;
    cluster.apply("config", json!({ "members": 1 })).await;
    cluster.ready("config", 1).await;
    let claims: Api<PersistentVolumeClaim> = Api::default_namespaced(cluster.client.clone());
    let one_claim = async || {
        claims
            .list(&ListParams::default())
            .await
            .expect("claims")
            .items
            .len()
            == 1
    };
    assert!(eventually(one_claim).await);
    // The last writes are of the past once two looks at the revision agree and a new controller agrees too.
    let mut before = cluster.revision().await;
    let settled = async || {
        tokio::time::sleep(20 * TICK).await;
        let now = cluster.revision().await;
        std::mem::replace(&mut before, now.clone()) == now
    };
    assert!(eventually(settled).await);
    let before = cluster.revision().await;
    stop.cancel();
    let (stop, metrics) = cluster.controller();
    // Its first look, and one for each agent that is heard.
    let looked = async || count(&metrics.text(), "reconciles_total") >= 2;
    assert!(eventually(looked).await, "{}", metrics.text());
    assert_eq!(
        cluster.revision().await,
        before,
        "a restarted controller wrote: {}",
        metrics.text()
    );
    stop.cancel();
    assert_eq!(cluster.groups()["config"].violations, Vec::<String>::new());
}

/// The sum of a counter over its labels.
pub(crate) fn count(text: &str, name: &str) -> u64 {
    let line = |line: &str| {
        line.contains(name)
            .then(|| line.rsplit(' ').next()?.parse::<u64>().ok())
            .flatten()
    };
    text.lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(line)
        .sum::<u64>()
}

#[tokio::test]
async fn an_object_of_somebody_else_is_never_taken_over() {
    let cluster = Cluster::start().await;
    let (stop, _) = cluster.controller();
    let services: Api<Service> = Api::default_namespaced(cluster.client.clone());
    let foreign: Service = serde_json::from_value(json!({
        "metadata": { "name": "config-cg", "labels": { "app": "somebody" } },
        "spec": { "ports": [{ "port": 80 }] },
    }))
    .expect("a Service");
    services
        .create(&PostParams::default(), &foreign)
        .await
        .expect("created");
    cluster.apply("config", json!({})).await;
    let told = |status: &Value| status["conditions"][2]["reason"] == "NameConflict";
    cluster.until("config", told).await;
    let found = services.get("config-cg").await.expect("still there");
    assert_eq!(found.labels()["app"], "somebody");
    services
        .delete("config-cg", &DeleteParams::default())
        .await
        .expect("deleted");
    cluster.ready("config", 3).await;
    stop.cancel();
}

#[tokio::test]
async fn one_broken_object_does_not_stop_the_others() {
    let cluster = Cluster::start().await;
    // A definition that lets anything through, as an older one might.
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    let mut loose = serde_json::to_value(&synod_crds::definitions()[0]).expect("encodes");
    loose["spec"]["versions"][0]["schema"]["openAPIV3Schema"] =
        json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let name = "consensusgroups.synod.dev";
    let parameters = PatchParams::default();
    definitions
        .patch(name, &parameters, &Patch::Merge(loose))
        .await
        .expect("changed");
    let (stop, _) = cluster.controller();
    cluster.apply("broken", json!({ "members": "many" })).await;
    cluster.apply("config", json!({ "members": 1 })).await;
    cluster.ready("config", 1).await;
    stop.cancel();
}
