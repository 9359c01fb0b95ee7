//! Definitions that are missing: of a kind that the cluster was never told of, or that somebody took away. Objects are paused:
//! whether they are looked at is the question. Time is the tests' own, so that nobody waits for the next try.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ApiResource, DeleteParams, DynamicObject, PostParams};
use kube::{Api, Client, Resource};
use serde_json::{Value, json};
use synod_crds::{ConsensusGroup, LockService};
use synod_operator::agents::MutualTls;
use synod_operator::controller::Controller;
use synod_operator::kinds;
use synod_operator::local::api::{Api as Embedded, Settings as ApiSettings};
use synod_operator::metrics::Metrics;
use synod_operator::settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::controller::count;
use crate::told::Written;

const GROUPS: &str = "consensusgroups.synod.dev";
const LOCKS: &str = "lockservices.synod.dev";
/// Within this time a definition is taken up that has come.
const TAKEN_UP: Duration = Duration::from_secs(20);
/// No watch is open for longer.
const WATCHED: Duration = Duration::from_secs(600);

/// An API, and an operator of all kinds in two of its namespaces.
struct Scene {
    client: Client,
    synced: Arc<AtomicBool>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

impl Scene {
    async fn with(definitions: &[&str]) -> Self {
        let embedded = Embedded::open(ApiSettings::volatile()).expect("an API");
        let client = embedded.client("default");
        for name in definitions {
            install(&client, name).await;
        }
        let metrics = Arc::new(Metrics::default());
        let settings = Settings {
            namespaces: vec!["default".into(), "elsewhere".into()],
            ..Settings::default()
        };
        let controller = Controller::new(
            client.clone(),
            settings,
            kinds::all(),
            Arc::new(MutualTls::new()),
            metrics.clone(),
        );
        let (synced, stop) = (controller.synced(), CancellationToken::new());
        tokio::spawn(controller.run(stop.clone()));
        Self {
            client,
            synced,
            metrics,
            stop,
        }
    }

    /// Makes an object; whether it is looked at within the time.
    async fn is_looked_at<K>(&self, name: &str, within: Duration) -> bool
    where
        K: Resource<DynamicType = ()>,
    {
        let kind = ApiResource::erase::<K>(&());
        let kind = ApiResource {
            plural: K::plural(&()).into_owned(),
            ..kind
        };
        let all: Api<DynamicObject> = Api::default_namespaced_with(self.client.clone(), &kind);
        let object = json!({
            "apiVersion": kind.api_version, "kind": kind.kind,
            "metadata": { "name": name }, "spec": { "paused": true },
        });
        let object = serde_json::from_value(object).expect("an object");
        let created = all.create(&PostParams::default(), &object).await;
        created.expect("created");
        tokio::time::sleep(within).await;
        let object = all.get(name).await.expect("it is there");
        object.data["status"]["state"] == "Paused"
    }

    fn failures(&self) -> u64 {
        count(&self.metrics.text(), "watch_failures_total")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn install(client: &Client, name: &str) {
    let is_it = |it: &CustomResourceDefinition| it.metadata.name.as_deref() == Some(name);
    let definition = synod_crds::definitions().into_iter().find(is_it);
    let all: Api<CustomResourceDefinition> = Api::all(client.clone());
    let created = all
        .create(&PostParams::default(), &definition.expect("it is ours"))
        .await;
    created.expect("created");
}

/// The other kinds are looked after while the definition of one is missing.
pub(crate) fn one_is_missing() -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.expect("a runtime").block_on(async {
        let scene = Scene::with(&[GROUPS]).await;
        let looked = scene
            .is_looked_at::<ConsensusGroup>("config", TAKEN_UP)
            .await;
        match (looked, scene.failures()) {
            (true, 0) => Ok(()),
            (looked, failures) => Err(format!("looked at: {looked}; watches failed: {failures}")),
        }
    })
}

/// How often it was said that the definition of LockServices is missing, and that it is there.
fn said(written: &Written) -> (usize, usize) {
    let text = written.text();
    let lines = text.lines();
    let lines = lines.map(|line| serde_json::from_str(line).expect("a line of JSON"));
    let about: Vec<Value> = lines
        .filter(|line: &Value| line["definition"] == LOCKS)
        .collect();
    assert!(about.iter().all(|line| line["kind"] == "LockService"));
    let of = |level: &str, words: &str| {
        let message = |line: &Value| line["msg"].as_str().is_some_and(|it| it.contains(words));
        let says = |line: &&Value| line["level"] == level && message(line);
        about.iter().filter(says).count()
    };
    let missing = of("warn", "synod crds | kubectl apply");
    let there = of("info", "is there");
    assert_eq!(missing + there, about.len(), "{about:#?}");
    (missing, there)
}

#[tokio::test(start_paused = true)]
async fn one_that_is_missing_is_told_once_and_taken_up_when_it_comes() {
    let written = Written::default();
    let _lines = written.lines();
    let scene = Scene::with(&[GROUPS]).await;
    assert!(scene.is_looked_at::<ConsensusGroup>("a", TAKEN_UP).await);
    assert!(scene.synced.load(Ordering::Acquire), "it is ready");
    tokio::time::sleep(WATCHED).await;
    assert_eq!(said(&written), (1, 0));
    install(&scene.client, LOCKS).await;
    assert!(scene.is_looked_at::<LockService>("locks", TAKEN_UP).await);
    assert_eq!(said(&written), (1, 1));
    assert!(scene.is_looked_at::<ConsensusGroup>("b", TAKEN_UP).await);
    assert_eq!(scene.failures(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_taken_away_and_comes_back_is_told_and_taken_up() {
    let written = Written::default();
    let _lines = written.lines();
    let scene = Scene::with(&[GROUPS, LOCKS]).await;
    assert!(scene.is_looked_at::<LockService>("a", TAKEN_UP).await);
    assert_eq!(said(&written), (0, 0));
    let all: Api<CustomResourceDefinition> = Api::all(scene.client.clone());
    let deleted = all.delete(LOCKS, &DeleteParams::default()).await;
    deleted.expect("deleted");
    tokio::time::sleep(WATCHED).await;
    assert_eq!(said(&written), (1, 0));
    assert!(scene.is_looked_at::<ConsensusGroup>("b", TAKEN_UP).await);
    install(&scene.client, LOCKS).await;
    assert!(scene.is_looked_at::<LockService>("c", TAKEN_UP).await);
    assert_eq!(said(&written), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_without_any_of_our_definitions_makes_nobody_wait() {
    let scene = Scene::with(&[]).await;
    tokio::time::sleep(TAKEN_UP).await;
    assert!(scene.synced.load(Ordering::Acquire));
    install(&scene.client, GROUPS).await;
    let later = scene.is_looked_at::<ConsensusGroup>("a", TAKEN_UP);
    assert!(later.await);
}
