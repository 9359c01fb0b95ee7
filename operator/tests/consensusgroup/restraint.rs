//! What the operator does not do: write what reads the same, delete what is not what it saw, watch what is not ours.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::client::Body;
use kube::{Api, Client};
use serde_json::json;
use synod_crds::ConsensusGroup;
use synod_operator::act::{ActError, Actor, Context};
use synod_operator::action::{Action, Seen};
use synod_operator::names::Key;
use tokio_util::sync::CancellationToken;

use crate::controller::{Cluster, blocking, count, eventually};

/// Long against what a look takes.
const MOMENT: Duration = Duration::from_millis(100);

/// How many statuses were written.
fn statuses(text: &str) -> u64 {
    let lines = text
        .lines()
        .filter(|line| line.contains(r#"action="status""#));
    lines.map(|line| count(line, "actions_total")).sum()
}

/// An operator starts beside an object that is as it should be.
pub(crate) fn nothing_is_to_be_told() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let (stop, metrics) = cluster.controller();
        cluster.apply("config", json!({ "members": 1 })).await;
        cluster.ready("config", 1).await;
        // Until its last writes are of the past.
        let mut before = cluster.revision().await;
        let settled = async || {
            tokio::time::sleep(MOMENT).await;
            let now = cluster.revision().await;
            std::mem::replace(&mut before, now.clone()) == now
        };
        assert!(eventually(settled).await);
        assert!(statuses(&metrics.text()) > 0, "{}", metrics.text());
        stop.cancel();
        let (stop, metrics) = cluster.controller();
        let looked = async || count(&metrics.text(), "reconciles_total") >= 2;
        assert!(eventually(looked).await, "{}", metrics.text());
        stop.cancel();
        match statuses(&metrics.text()) {
            0 => Ok(()),
            written => Err(format!("{written} statuses are written that read the same")),
        }
    })
}

/// The definition is older than the operator and prunes a field of the status.
pub(crate) fn an_old_definition_prunes_the_status() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
        let mut old = serde_json::to_value(&synod_crds::definitions()[0]).expect("encodes");
        let schema = &mut old["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let fields = schema["properties"]["status"]["properties"].as_object_mut();
        fields
            .expect("fields")
            .remove("version")
            .expect("it was there");
        let name = "consensusgroups.synod.dev";
        let current = definitions.get(name).await.expect("a definition");
        old["metadata"]["resourceVersion"] = json!(current.metadata.resource_version);
        let old: CustomResourceDefinition = serde_json::from_value(old).expect("a definition");
        let replaced = definitions
            .replace(name, &PostParams::default(), &old)
            .await;
        replaced.expect("replaced");
        let (stop, metrics) = cluster.controller();
        cluster.apply("config", json!({ "members": 1 })).await;
        cluster
            .until("config", |status| {
                assert!(
                    status
                        .get("version")
                        .is_none_or(|version| version.is_null())
                );
                status["state"] == "Ready"
            })
            .await;
        let mut seen = Vec::new();
        for _ in 0..20 {
            tokio::time::sleep(MOMENT).await;
            seen.push(count(&metrics.text(), "reconciles_total"));
            if let [.., a, b] = seen[..]
                && a == b
            {
                stop.cancel();
                return Ok(());
            }
        }
        stop.cancel();
        Err(format!("looks without end: {seen:?}"))
    })
}

/// A pod was deleted and made anew since a delete was decided on.
pub(crate) fn another_pod_of_that_name() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "name": "config-cg-1" },
            "spec": { "containers": [{ "name": "agent", "image": "agent:1" }] },
        }))
        .expect("a pod");
        let first = pods
            .create(&PostParams::default(), &pod)
            .await
            .expect("created");
        let now = DeleteParams::default().grace_period(0);
        pods.delete("config-cg-1", &now).await.expect("deleted");
        let gone = async || {
            pods.get_opt("config-cg-1")
                .await
                .expect("an answer")
                .is_none()
        };
        assert!(eventually(gone).await);
        let second = pods
            .create(&PostParams::default(), &pod)
            .await
            .expect("created");
        // The same pod, but changed since, is another case of the same.
        let patch = Patch::Merge(json!({ "metadata": { "annotations": { "a": "b" } } }));
        let third = pods
            .patch("config-cg-1", &PatchParams::default(), &patch)
            .await;
        let third = third.expect("patched");
        for old in [first, second] {
            let done = delete(&cluster, &old).await;
            let there = pods.get_opt("config-cg-1").await.expect("an answer");
            let kept = there.is_some_and(|pod| pod.metadata.deletion_timestamp.is_none());
            if !kept || !matches!(done, Err(ActError::Outdated(_))) {
                return Err(format!(
                    "a delete of what was before is carried out: {done:?}"
                ));
            }
        }
        delete(&cluster, &third)
            .await
            .map_err(|error| error.to_string())
    })
}

/// Another operator sees other things, and writes the status whenever it reads differently.
pub(crate) fn another_one_writes_the_status() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let (stop, metrics) = cluster.controller();
        cluster.apply("config", json!({ "members": 1 })).await;
        cluster.ready("config", 1).await;
        let before = statuses(&metrics.text());
        let groups: Api<ConsensusGroup> = Api::default_namespaced(cluster.client.clone());
        let other = Patch::Merge(json!({ "status": { "state": "Degraded" } }));
        for _ in 0..10 {
            let parameters = PatchParams::default();
            let done = groups.patch_status("config", &parameters, &other).await;
            done.expect("written");
            tokio::time::sleep(MOMENT).await;
        }
        stop.cancel();
        match statuses(&metrics.text()) - before {
            0..=3 => Ok(()),
            written => Err(format!(
                "{written} statuses are written against another one's"
            )),
        }
    })
}

/// A budget was raised since it was decided to lower it.
pub(crate) fn an_object_that_changed_since() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let budgets: Api<PodDisruptionBudget> = Api::default_namespaced(cluster.client.clone());
        let budget = |least: u32| -> PodDisruptionBudget {
            let budget = json!({
                "metadata": { "name": "config-cg", "namespace": "default" },
                "spec": { "minAvailable": least },
            });
            serde_json::from_value(budget).expect("a budget")
        };
        let made = budgets.create(&PostParams::default(), &budget(3)).await;
        let old = Seen::of(&made.expect("created").into());
        let raise = Patch::Merge(json!({ "spec": { "minAvailable": 4 } }));
        let raised = budgets
            .patch("config-cg", &PatchParams::default(), &raise)
            .await;
        let now = Seen::of(&raised.expect("patched").into());
        let apply = |seen| Action::Apply {
            seen,
            object: budget(2).into(),
        };
        match carry_out(&cluster, &apply(old)).await {
            Err(ActError::Outdated(_)) => {}
            done => return Err(format!("what was decided before is applied: {done:?}")),
        }
        carry_out(&cluster, &apply(now))
            .await
            .map_err(|error| error.to_string())
    })
}

/// An object is deleted and made anew, or is going, while a pod is to be made for it as it was.
pub(crate) fn an_object_is_gone_since() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let groups: Api<ConsensusGroup> = Api::default_namespaced(cluster.client.clone());
        let uid = async || {
            cluster.apply("config", json!({ "members": 1 })).await;
            groups.get("config").await.expect("the object").metadata.uid
        };
        let gone = uid().await;
        let deleted = groups.delete("config", &DeleteParams::default()).await;
        deleted.expect("deleted");
        let there = uid().await;
        assert_ne!(gone, there);
        for uid in [gone, None] {
            let done = create_for(&cluster, uid).await;
            if !matches!(done, Err(ActError::Outdated(_))) {
                return Err(format!("a pod is made for what is gone: {done:?}"));
            }
        }
        let said = |result: Result<(), ActError>| result.map_err(|error| error.to_string());
        said(create_for(&cluster, there.clone()).await)?;
        let held = Patch::Merge(json!({ "metadata": { "finalizers": ["example.org/held"] } }));
        let parameters = PatchParams::default();
        let patched = groups.patch("config", &parameters, &held).await;
        patched.expect("patched");
        let deleted = groups.delete("config", &DeleteParams::default()).await;
        deleted.expect("deleted");
        match create_for(&cluster, there).await {
            Err(ActError::Outdated(_)) => Ok(()),
            done => Err(format!("a pod is made for what is going: {done:?}")),
        }
    })
}

/// Makes a pod, of another name each time, for the object of this uid.
async fn create_for(cluster: &Cluster, uid: Option<String>) -> Result<(), ActError> {
    let pod: Pod = serde_json::from_value(json!({
        "metadata": { "name": format!("config-cg-{}", cluster.revision().await) },
        "spec": { "containers": [{ "name": "agent", "image": "agent:1" }] },
    }))
    .expect("a pod");
    carry_out_for(cluster, uid, &Action::Create(pod.into())).await
}

async fn delete(cluster: &Cluster, pod: &Pod) -> Result<(), ActError> {
    let seen = Seen::of(&pod.clone().into());
    let because = "it is to be seen".into();
    carry_out(cluster, &Action::Delete { seen, because }).await
}

async fn carry_out(cluster: &Cluster, action: &Action) -> Result<(), ActError> {
    carry_out_for(cluster, None, action).await
}

async fn carry_out_for(
    cluster: &Cluster,
    uid: Option<String>,
    action: &Action,
) -> Result<(), ActError> {
    let actor = Actor::new(cluster.client.clone(), Arc::new(cluster.clone()));
    let context = Context {
        key: Key {
            kind: "ConsensusGroup".into(),
            namespace: "default".into(),
            name: "config".into(),
        },
        resource: ApiResource::erase::<ConsensusGroup>(&()),
        uid,
        targets: BTreeMap::new(),
        authority: None,
        now: jiff::Timestamp::UNIX_EPOCH,
        stop: CancellationToken::new(),
    };
    actor.act(&context, action).await.map(drop)
}

/// A client that notes what is listed and watched.
fn noting(inner: Client, asked: Arc<Mutex<Vec<String>>>) -> Client {
    let service = tower::service_fn(move |request: http::Request<Body>| {
        if request.method() == http::Method::GET {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.push(request.uri().to_string());
        }
        let inner = inner.clone();
        async move { inner.send(request).await }
    });
    Client::new(service, "default")
}

/// What is not ours is neither listed nor watched: nodes apart, of which one word is kept.
pub(crate) fn only_ours_is_watched() -> Result<(), String> {
    blocking(async {
        let (cluster, asked) = (Cluster::start().await, Arc::default());
        let (stop, _) = cluster.controller_with(noting(cluster.client.clone(), Arc::clone(&asked)));
        cluster.apply("config", json!({ "members": 1 })).await;
        cluster.ready("config", 1).await;
        stop.cancel();
        let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let wide = |uri: &&String| {
            let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
            let collection = [
                "pods",
                "persistentvolumeclaims",
                "services",
                "secrets",
                "configmaps",
                "poddisruptionbudgets",
            ];
            let collection = collection
                .iter()
                .any(|plural| path.ends_with(&format!("/{plural}")));
            collection && !query.contains("labelSelector=synod.dev")
        };
        let lists = asked
            .iter()
            .filter(|uri| uri.contains("labelSelector="))
            .count();
        match asked.iter().find(wide) {
            None if lists >= 12 => Ok(()),
            None => Err(format!(
                "{lists} lists and watches of what is ours: {asked:?}"
            )),
            Some(uri) => Err(format!("{uri} is everybody's")),
        }
    })
}

#[tokio::test]
async fn a_list_without_a_selector_would_be_noticed() {
    let cluster = Cluster::start().await;
    let asked = Arc::default();
    let client = noting(cluster.client.clone(), Arc::clone(&asked));
    let pods: Api<Pod> = Api::default_namespaced(client);
    pods.list(&ListParams::default().labels("synod.dev/kind"))
        .await
        .expect("a list");
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(asked[0].contains("labelSelector=synod.dev"), "{asked:?}");
}
