//! What it takes to add a kind: one file with its type (`greeting_type.rs`, as it would stand in `crds/src`), one folder with
//! its pure functions (`greeting/`, as it would stand in `operator/src/kinds`), and one line that registers it ([`kinds`]).
//! The whole operator runs it over the embedded API beside the kinds that there are; nothing else knows of it.

mod greeting;
mod greeting_type;

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, CustomResourceExt, ResourceExt};
use serde_json::{Value, json};
use synod_crds::ConsensusGroup;
use synod_operator::agents::MutualTls;
use synod_operator::controller::Controller;
use synod_operator::kinds::Kind;
use synod_operator::local::api::{Api as Embedded, Settings as ApiSettings};
use synod_operator::metrics::Metrics;
use synod_operator::settings::Settings;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use greeting_type::Greeting;

/// How often is looked whether something has come about.
const TICK: Duration = Duration::from_millis(5);
/// Beyond this a test is stuck; nothing is measured by it.
const STUCK: Duration = Duration::from_secs(60);

/// The registration.
fn kinds() -> Vec<Arc<dyn Kind>> {
    let mut kinds = synod_operator::kinds::all();
    kinds.push(Arc::new(greeting::Kind));
    kinds
}

/// A cluster with the definitions of all kinds.
struct Cluster {
    client: Client,
    collecting: JoinHandle<()>,
}

impl Cluster {
    async fn start() -> Self {
        let embedded = Embedded::open(ApiSettings::volatile()).expect("an API");
        let client = embedded.client("default");
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        for definition in synod_crds::definitions()
            .into_iter()
            .chain([Greeting::crd()])
        {
            let created = definitions
                .create(&PostParams::default(), &definition)
                .await;
            created.expect("a definition");
        }
        let collecting = tokio::spawn(embedded.collect());
        Self { client, collecting }
    }

    /// The whole operator, until the token is cancelled.
    fn operator(&self) -> (CancellationToken, JoinHandle<()>) {
        let stop = CancellationToken::new();
        let run = synod_operator::operator::run(
            self.client.clone(),
            Settings::default(),
            kinds(),
            None,
            stop.clone(),
        );
        (
            stop,
            tokio::spawn(async move { run.await.expect("it runs") }),
        )
    }

    async fn greet(&self, name: &str, spec: Value) {
        let greetings: Api<Greeting> = Api::default_namespaced(self.client.clone());
        let object = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": "Greeting",
            "metadata": { "name": name }, "spec": spec,
        });
        let parameters = PatchParams::apply("test").force();
        let applied = greetings
            .patch(name, &parameters, &Patch::Apply(object))
            .await;
        applied.expect("applied");
    }

    async fn status(&self, name: &str) -> Value {
        let greetings: Api<Greeting> = Api::default_namespaced(self.client.clone());
        let object = greetings.get(name).await.expect("the object");
        let current = object
            .status
            .as_ref()
            .and_then(|status| status.observed_generation);
        match current == object.metadata.generation {
            true => json!(object.status),
            false => Value::Null,
        }
    }

    async fn card(&self, name: &str) -> Option<ConfigMap> {
        let cards: Api<ConfigMap> = Api::default_namespaced(self.client.clone());
        cards.get_opt(name).await.expect("an answer")
    }

    /// The newest version of anything: it moves with every write.
    async fn revision(&self) -> String {
        let cards: Api<ConfigMap> = Api::default_namespaced(self.client.clone());
        let list = cards.list(&ListParams::default()).await.expect("a list");
        list.metadata.resource_version.expect("a version")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.collecting.abort();
    }
}

async fn eventually(what: &str, mut test: impl AsyncFnMut() -> bool) {
    let tries = async {
        while !test().await {
            tokio::time::sleep(TICK).await;
        }
    };
    let passed = tokio::time::timeout(STUCK, tries).await;
    assert!(passed.is_ok(), "{what}: it never comes about");
}

#[tokio::test]
async fn it_is_served_from_creation_to_deletion() {
    let cluster = Cluster::start().await;
    let (stop, operator) = cluster.operator();
    cluster.greet("world", json!({})).await;
    eventually("ready", async || {
        cluster.status("world").await["state"] == "Ready"
    })
    .await;
    let card = cluster.card("world-gr").await.expect("made");
    assert_eq!(card.data.expect("data")["text"], "hello, world");
    // Changed, by whoever.
    cluster
        .greet("world", json!({ "word": "good morning" }))
        .await;
    eventually("changed", async || {
        let card = cluster.card("world-gr").await;
        card.is_some_and(|card| {
            card.data
                .is_some_and(|data| data["text"] == "good morning, world")
        })
    })
    .await;
    let cards: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    let scribble = Patch::Merge(json!({ "data": { "text": "scribble" } }));
    let scribbled = cards
        .patch("world-gr", &PatchParams::default(), &scribble)
        .await;
    scribbled.expect("patched");
    eventually("mended", async || {
        let card = cluster.card("world-gr").await;
        card.is_some_and(|card| {
            card.data
                .is_some_and(|data| data["text"] == "good morning, world")
        })
    })
    .await;
    let greetings: Api<Greeting> = Api::default_namespaced(cluster.client.clone());
    greetings
        .delete("world", &DeleteParams::default())
        .await
        .expect("deleted");
    eventually("gone", async || cluster.card("world-gr").await.is_none()).await;
    stop.cancel();
    operator.await.expect("it ends");
}

#[tokio::test]
async fn what_the_frame_promises_holds_for_it() {
    let cluster = Cluster::start().await;
    let cards: Api<ConfigMap> = Api::default_namespaced(cluster.client.clone());
    let foreign: ConfigMap =
        serde_json::from_value(json!({ "metadata": { "name": "taken-gr" } })).expect("a map");
    cards
        .create(&PostParams::default(), &foreign)
        .await
        .expect("created");
    let (stop, operator) = cluster.operator();
    cluster.greet("taken", json!({})).await;
    cluster.greet("world", json!({})).await;
    // Other kinds go on beside it.
    let groups: Api<ConsensusGroup> = Api::default_namespaced(cluster.client.clone());
    let group: ConsensusGroup = serde_json::from_value(json!({
        "apiVersion": "synod.dev/v1alpha1", "kind": "ConsensusGroup",
        "metadata": { "name": "config" }, "spec": { "paused": true },
    }))
    .expect("a group");
    groups
        .create(&PostParams::default(), &group)
        .await
        .expect("created");
    eventually("the other kind", async || {
        let group = groups.get("config").await.expect("the object");
        group.status.and_then(|status| status.state).as_deref() == Some("Paused")
    })
    .await;
    eventually("ready", async || {
        cluster.status("world").await["state"] == "Ready"
    })
    .await;
    // What is not ours is reported and left alone.
    eventually("reported", async || {
        cluster.status("taken").await["message"] == "NameConflict"
    })
    .await;
    let kept = cluster.card("taken-gr").await.expect("there");
    assert_eq!((kept.data.is_some(), kept.labels().len()), (false, 0));
    cards
        .delete("taken-gr", &DeleteParams::default())
        .await
        .expect("deleted");
    eventually("ready", async || {
        cluster.status("taken").await["state"] == "Ready"
    })
    .await;
    stop.cancel();
    operator.await.expect("it ends");
    // Started anew, it looks at all there is and writes nothing.
    let before = cluster.revision().await;
    let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
    let controller = Controller::new(
        cluster.client.clone(),
        Settings::default(),
        kinds(),
        Arc::new(MutualTls::new()),
        metrics.clone(),
    );
    let controller = tokio::spawn(controller.run(stop.clone()));
    eventually("all looked at", async || looked_at_all(&metrics.text())).await;
    stop.cancel();
    controller.await.expect("it ends");
    assert_eq!(cluster.revision().await, before);
}

/// Whether every object is known of and nothing is to be done.
fn looked_at_all(metrics: &str) -> bool {
    let known = |name: &str| {
        let label = format!("name=\"{name}\"");
        metrics.lines().any(|line| line.contains(&label))
    };
    ["taken", "world", "config"].into_iter().all(known)
        && metrics.contains("synod_operator_queue_objects 0")
        && metrics.contains("synod_operator_reconciles_running 0")
}
