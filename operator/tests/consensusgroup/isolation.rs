//! One object that goes wrong stops no other: one that does not decode, one whose looks always fail, one at which the
//! operator itself makes a mistake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::PostParams;
use kube::core::ApiResource;
use serde_json::json;
use synod_crds::ConsensusGroup;
use synod_operator::controller::Controller;
use synod_operator::kinds::{self, Decision, Kind, Undecodable};
use synod_operator::metrics::Metrics;
use synod_operator::observe::Observed;
use synod_operator::settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::controller::{Cluster, blocking, eventually};

/// The kind itself, but for objects whose name says what is to go wrong with them.
struct Brittle;

impl Kind for Brittle {
    fn resource(&self) -> ApiResource {
        kinds::consensusgroup::Kind.resource()
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        match observed.key.name.as_str() {
            "panics" => panic!("a mistake in deciding"),
            "undecodable" => Err(Undecodable("it is odd".into())),
            _ => kinds::consensusgroup::Kind.decide(observed),
        }
    }
}

/// Runs a controller of the brittle kind on `wrong` and a good object, until the good one is ready and `said` is in the
/// metrics.
async fn the_other_goes_on(wrong: &str, said: &str) {
    let cluster = Cluster::start().await;
    let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
    let controller = Controller::new(
        cluster.client.clone(),
        // With one look at a time whoever held on to it would be noticed.
        Settings {
            reconciles_max: 1,
            ..Settings::default()
        },
        vec![Arc::new(Brittle)],
        Arc::new(cluster.clone()),
        metrics.clone(),
    );
    let running = tokio::spawn(controller.run(stop.clone()));
    cluster.apply(wrong, json!({ "members": 1 })).await;
    let noticed = async || metrics.text().contains(said);
    assert!(eventually(noticed).await, "{}", metrics.text());
    cluster.apply("config", json!({ "members": 1 })).await;
    cluster.ready("config", 1).await;
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    assert!(metrics.text().contains(said), "{}", metrics.text());
    stop.cancel();
    running
        .await
        .expect("the loop outlives what goes wrong in a look");
}

/// The loop outlives a mistake at one object.
pub(crate) fn one_panics() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
        let controller = Controller::new(
            cluster.client.clone(),
            Settings::default(),
            vec![Arc::new(Brittle)],
            Arc::new(cluster.clone()),
            metrics.clone(),
        );
        let running = tokio::spawn(controller.run(stop.clone()));
        cluster.apply("panics", json!({})).await;
        let noticed =
            async || metrics.text().contains(r#"reason="panic"}"#) || running.is_finished();
        assert!(eventually(noticed).await, "{}", metrics.text());
        stop.cancel();
        running.await.map_err(|error| error.to_string())
    })
}

/// The kind itself, but for two mistakes: at the first look that finds an object ready, and at the first after that was told.
#[derive(Default)]
struct Stumbling(AtomicU32);

impl Kind for Stumbling {
    fn resource(&self) -> ApiResource {
        kinds::consensusgroup::Kind.resource()
    }

    fn decide(&self, observed: &Observed) -> Result<Decision, Undecodable> {
        let ready = observed.object.data["status"]["state"] == "Ready";
        let stumbles = ready && observed.failure.is_none() && self.0.load(Ordering::Relaxed) < 2;
        if stumbles {
            let times = self.0.fetch_add(1, Ordering::Relaxed);
            assert!(times >= 2, "a mistake in deciding");
        }
        kinds::consensusgroup::Kind.decide(observed)
    }
}

/// What failed is over when it was told already, so that nothing is to be written: nor does anything wake the object any more.
pub(crate) fn a_mistake_is_over() -> Result<(), String> {
    blocking(async {
        let cluster = Cluster::start().await;
        let (stop, kind) = (CancellationToken::new(), Arc::new(Stumbling::default()));
        let controller = Controller::new(
            cluster.client.clone(),
            Settings::default(),
            vec![kind.clone()],
            Arc::new(cluster.clone()),
            Arc::new(Metrics::default()),
        );
        tokio::spawn(controller.run(stop.clone()));
        cluster.apply("config", json!({ "members": 1 })).await;
        cluster.ready("config", 1).await;
        let groups: Api<ConsensusGroup> = Api::default_namespaced(cluster.client.clone());
        let mut said = String::new();
        // Without a mistake it takes a moment; with it nothing comes for hours.
        for _ in 0..1_000 {
            let found = groups.get("config").await.expect("an object");
            let status = serde_json::to_value(&found.status).expect("encodes");
            said = status["conditions"][2]["message"].to_string();
            if kind.0.load(Ordering::Relaxed) == 2 && !said.contains("mistake") {
                stop.cancel();
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
        Err(format!("still told: {said}"))
    })
}

#[tokio::test]
async fn one_that_panics_in_decide_does_not_stop_the_others() {
    the_other_goes_on("panics", r#"kind="ConsensusGroup",reason="panic"}"#).await;
}

#[tokio::test]
async fn one_that_panics_is_tried_again() {
    let said = r#"reconcile_errors_total{kind="ConsensusGroup",reason="panic"} 3"#;
    let cluster = Cluster::start().await;
    let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
    let controller = Controller::new(
        cluster.client.clone(),
        Settings::default(),
        vec![Arc::new(Brittle)],
        Arc::new(cluster.clone()),
        metrics.clone(),
    );
    tokio::spawn(controller.run(stop.clone()));
    cluster.apply("panics", json!({})).await;
    let thrice = async || metrics.text().contains(said);
    assert!(eventually(thrice).await, "{}", metrics.text());
    stop.cancel();
}

#[tokio::test]
async fn one_that_does_not_decode_does_not_stop_the_others() {
    let said = r#"kind="ConsensusGroup",reason="undecodable"}"#;
    the_other_goes_on("undecodable", said).await;
}

#[tokio::test]
async fn one_whose_looks_always_fail_does_not_stop_the_others() {
    let cluster = Cluster::start().await;
    let services: Api<Service> = Api::default_namespaced(cluster.client.clone());
    let foreign: Service = serde_json::from_value(json!({
        "metadata": { "name": "fails-cg" }, "spec": { "ports": [{ "port": 80 }] },
    }))
    .expect("a Service");
    services
        .create(&PostParams::default(), &foreign)
        .await
        .expect("created");
    let (stop, metrics) = cluster.controller();
    cluster.apply("fails", json!({ "members": 1 })).await;
    let said = r#"reason="name-conflict"} 3"#;
    let noticed = async || metrics.text().contains(said);
    assert!(eventually(noticed).await, "{}", metrics.text());
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    stop.cancel();
}
