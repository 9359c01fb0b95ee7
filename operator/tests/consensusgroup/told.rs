//! What the loop tells: events, metrics and log lines.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::core::v1::{Event, Secret, Service};
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams};
use kube::client::Body;
use kube::{Api, Client};
use serde_json::{Value, json};
use synod_crds::ConsensusGroup;
use synod_operator::act::Herald;
use synod_operator::controller::Controller;
use synod_operator::kinds;
use synod_operator::logging::Json;
use synod_operator::metrics::Metrics;
use synod_operator::settings::Settings;
use tokio_util::sync::CancellationToken;

use crate::controller::{Cluster, count, eventually};

/// A controller that tells events through `client`.
pub(crate) fn heralded(cluster: &Cluster, client: Client) -> (CancellationToken, Arc<Metrics>) {
    let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::default()));
    let (herald, _) = Herald::start(client, Some("one".into()), metrics.clone());
    let controller = Controller::new(
        cluster.client.clone(),
        Settings::default(),
        kinds::all(),
        Arc::new(cluster.clone()),
        metrics.clone(),
    );
    tokio::spawn(controller.heralded(herald).run(stop.clone()));
    (stop, metrics)
}

/// How many events there are, by reason; one that repeated counts once.
async fn events(cluster: &Cluster) -> BTreeMap<String, usize> {
    count_of(&Api::default_namespaced(cluster.client.clone())).await
}

async fn count_of(all: &Api<Event>) -> BTreeMap<String, usize> {
    let list = all.list(&ListParams::default()).await.expect("events");
    let mut counts = BTreeMap::new();
    for event in list {
        let about = event.involved_object;
        assert_eq!(about.kind.as_deref(), Some("ConsensusGroup"));
        assert!(about.uid.is_some());
        *counts.entry(event.reason.expect("a reason")).or_default() += 1;
    }
    counts
}

fn has(counts: &BTreeMap<String, usize>, wanted: &[(&str, usize)]) -> bool {
    wanted
        .iter()
        .all(|(reason, number)| counts.get(*reason) == Some(number))
}

pub(crate) async fn eventually_has(cluster: &Cluster, wanted: &[(&str, usize)]) {
    let has = async || has(&events(cluster).await, wanted);
    assert!(
        eventually(has).await,
        "{wanted:?} are not all in {:?}",
        events(cluster).await
    );
}

#[tokio::test]
async fn acts_are_told_and_a_converged_object_yields_no_event() {
    let cluster = Cluster::start().await;
    let (stop, metrics) = heralded(&cluster, cluster.client.clone());
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    let made = [
        ("MemberCreated", 3),
        ("PodCreated", 3),
        ("CertificateIssued", 4),
        ("Ready", 1),
    ];
    eventually_has(&cluster, &made).await;
    let members = json!({ "members": 5, "storage": { "size": "20Gi" } });
    cluster.apply("config", members).await;
    cluster.ready("config", 5).await;
    let grown = [
        ("MemberCreated", 5),
        ("MemberAdded", 2),
        ("ClaimEnlarged", 3),
    ];
    eventually_has(&cluster, &grown).await;
    cluster
        .apply(
            "config",
            json!({ "members": 3, "storage": { "size": "20Gi" } }),
        )
        .await;
    cluster.ready("config", 3).await;
    eventually_has(&cluster, &[("MemberRemoved", 2), ("ClaimDeleted", 2)]).await;
    let mut before = cluster.revision().await;
    let settled = async || {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let now = cluster.revision().await;
        std::mem::replace(&mut before, now.clone()) == now
    };
    assert!(eventually(settled).await);
    assert_eq!(
        count(&metrics.text(), r#"events_total{result="failed"}"#),
        0
    );
    stop.cancel();
    let (stop, metrics) = heralded(&cluster, cluster.client.clone());
    let looked = async || count(&metrics.text(), "reconciles_total") >= 2;
    assert!(eventually(looked).await);
    assert_eq!(
        count(&metrics.text(), "events_total"),
        0,
        "a restart tells nothing"
    );
    stop.cancel();
}

#[tokio::test]
async fn a_quorum_that_is_lost_and_comes_back_is_told() {
    let cluster = Cluster::start().await;
    let (stop, _) = heralded(&cluster, cluster.client.clone());
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    let run = |running| {
        let mut groups = cluster.groups();
        let group = groups.get_mut("config").expect("a group");
        for number in [1, 2] {
            group.disks.get_mut(&number).expect("a disk").running = running;
        }
        group.settle();
    };
    run(false);
    cluster
        .until("config", |status| status["state"] == "Unavailable")
        .await;
    run(true);
    cluster.ready("config", 3).await;
    eventually_has(&cluster, &[("QuorumRegained", 1)]).await;
    let counts = events(&cluster).await;
    let lost = ["QuorumLost", "NoLeader"]
        .iter()
        .filter(|reason| counts.contains_key(**reason));
    assert!(lost.count() > 0, "{counts:?}");
    stop.cancel();
}

#[tokio::test]
async fn events_that_cannot_be_written_fail_no_look() {
    let cluster = Cluster::start().await;
    let refuse = tower::service_fn(|_: http::Request<Body>| async {
        Err::<http::Response<Body>, _>(kube::Error::Service("no events here".into()))
    });
    let (stop, metrics) = heralded(&cluster, Client::new(refuse, "default"));
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    let text = metrics.text();
    assert!(
        count(&text, r#"events_total{result="failed"}"#) > 3,
        "{text}"
    );
    assert_eq!(count(&text, "reconcile_errors_total"), 0, "{text}");
    stop.cancel();
}

#[tokio::test]
async fn an_event_that_repeats_is_counted_up() {
    let cluster = Cluster::start().await;
    let services: Api<Service> = Api::default_namespaced(cluster.client.clone());
    let foreign: Service = serde_json::from_value(json!({
        "metadata": { "name": "config-cg" }, "spec": { "ports": [{ "port": 80 }] },
    }))
    .expect("a Service");
    let parameters = kube::api::PostParams::default();
    services
        .create(&parameters, &foreign)
        .await
        .expect("created");
    let (stop, _) = heralded(&cluster, cluster.client.clone());
    cluster.apply("config", json!({ "members": 1 })).await;
    let all: Api<Event> = Api::default_namespaced(cluster.client.clone());
    let conflicts = async || {
        let list = all.list(&ListParams::default()).await.expect("events");
        let of = |event: &Event| event.reason.as_deref() == Some("NameConflict");
        list.into_iter().filter(of).collect::<Vec<_>>()
    };
    let repeated = async || conflicts().await.iter().any(|event| event.count >= Some(3));
    assert!(eventually(repeated).await, "{:?}", conflicts().await);
    let conflicts = conflicts().await;
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0].type_.as_deref(), Some("Warning"));
    let message = conflicts[0].message.clone().expect("a message");
    assert!(message.contains("config-cg exists"), "{message}");
    // The API forgets events after a while: the next one is told anew.
    let name = conflicts[0].metadata.name.clone().expect("a name");
    all.delete(&name, &DeleteParams::default())
        .await
        .expect("deleted");
    let anew = async || count_of(&all).await.get("NameConflict") == Some(&1);
    assert!(eventually(anew).await);
    stop.cancel();
}

#[tokio::test]
async fn metrics_of_an_object_go_with_it() {
    let cluster = Cluster::start().await;
    let (stop, metrics) = cluster.controller();
    cluster.apply("stays", json!({ "members": 1 })).await;
    cluster.ready("stays", 1).await;
    let series = || {
        metrics
            .text()
            .lines()
            .filter(|line| line.starts_with("synod_object"))
            .count()
    };
    let one = series();
    assert!(one > 0);
    cluster.apply("goes", json!({ "members": 1 })).await;
    cluster.ready("goes", 1).await;
    assert_eq!(series(), 2 * one);
    let ready = r#"synod_object_state{kind="ConsensusGroup",namespace="default",name="goes",state="Ready"} 1"#;
    assert!(
        eventually(async || metrics.text().contains(ready)).await,
        "{}",
        metrics.text()
    );
    let kind = ApiResource::erase::<ConsensusGroup>(&());
    let groups: Api<DynamicObject> = Api::default_namespaced_with(cluster.client.clone(), &kind);
    groups
        .delete("goes", &DeleteParams::default())
        .await
        .expect("deleted");
    assert!(
        eventually(async || series() == one).await,
        "{}",
        metrics.text()
    );
    assert!(!metrics.text().contains("goes"), "{}", metrics.text());
    stop.cancel();
}

/// All that is written.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lines of PEM, or other texts, of all Secrets that there are: what must be in no log.
async fn secrets(cluster: &Cluster) -> Vec<String> {
    let all: Api<Secret> = Api::default_namespaced(cluster.client.clone());
    let list = all.list(&ListParams::default()).await.expect("secrets");
    let data = list
        .into_iter()
        .flat_map(|secret| secret.data.unwrap_or_default());
    let keys = data.filter(|(name, _)| name.ends_with(".key"));
    let texts = keys.map(|(_, bytes)| String::from_utf8(bytes.0).expect("text"));
    texts
        .flat_map(|text| {
            text.lines()
                .filter(|line| line.len() > 30)
                .map(ToOwned::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

impl Written {
    /// Takes all lines of this thread while what is returned lives.
    pub(crate) fn lines(&self) -> impl Sized + use<> {
        let writer = self.clone();
        let lines = tracing_subscriber::fmt()
            .event_format(Json)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        // With one subscriber only, lines that another test's thread comes across first would be off for this one as
        // well.
        let sink = tracing_subscriber::fmt().with_writer(std::io::sink);
        let second = tracing::Dispatch::new(sink.finish());
        (tracing::subscriber::set_default(lines), second)
    }

    pub(crate) fn text(&self) -> String {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8(all.clone()).expect("text")
    }
}

/// A client that may do everything but look at nodes, and watch pods elsewhere. Counts how often it looked at nodes.
fn refused(client: Client, looks: Arc<AtomicU64>) -> Client {
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (client, looks) = (client.clone(), looks.clone());
        async move {
            let path = request.uri().path();
            let watches = request
                .uri()
                .query()
                .is_some_and(|q| q.contains("watch=true"));
            match path {
                "/api/v1/nodes" => _ = looks.fetch_add(1, Ordering::SeqCst),
                "/api/v1/namespaces/elsewhere/pods" if watches => {}
                _ => return client.send(request).await,
            }
            let status = json!({
                "apiVersion": "v1", "kind": "Status", "status": "Failure",
                "code": 403, "reason": "Forbidden", "message": format!("{path} is forbidden"),
            });
            let answer = http::Response::builder().status(403);
            let answer = answer.body(Body::from(status.to_string().into_bytes()));
            Ok(answer.expect("a response"))
        }
    });
    Client::new(service, "default")
}

#[tokio::test]
async fn an_operator_without_rights_on_nodes_says_so_once_and_goes_on() {
    let written = Written::default();
    let _lines = written.lines();
    let cluster = Cluster::start().await;
    let (metrics, looks) = (Arc::new(Metrics::default()), Arc::new(AtomicU64::new(0)));
    let settings = Settings {
        namespaces: vec!["default".into(), "elsewhere".into()],
        ..Settings::default()
    };
    let controller = Controller::new(
        refused(cluster.client.clone(), looks.clone()),
        settings,
        kinds::all(),
        Arc::new(cluster.clone()),
        metrics.clone(),
    );
    let stop = CancellationToken::new();
    tokio::spawn(controller.run(stop.clone()));
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    // While a watch that may list and not watch has failed and begun anew several times, nodes were left alone.
    let failed = async || count(&metrics.text(), "watch_failures_total") >= 3;
    assert!(eventually(failed).await, "{}", metrics.text());
    stop.cancel();
    assert_eq!(looks.load(Ordering::SeqCst), 1);
    let text = written.text();
    let told = text.lines().filter(|line| line.contains("nodes"));
    let warned: Vec<_> = told
        .filter(|line| line.contains(r#""level":"warn""#))
        .collect();
    assert_eq!(warned.len(), 1, "{warned:#?}");
}

#[tokio::test]
async fn log_lines_have_fixed_fields_and_no_secret() {
    let written = Written::default();
    // Everything in this test runs on this thread.
    let _lines = written.lines();
    let cluster = Cluster::start().await;
    let (stop, _) = heralded(&cluster, cluster.client.clone());
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    stop.cancel();
    let text = written.text();
    let mut acted = 0;
    for line in text.lines() {
        let line: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        for field in ["ts", "level", "msg"] {
            assert!(line[field].is_string(), "{line} has no {field}");
        }
        if line["action"].is_string() && line["level"] == "info" {
            for field in ["kind", "namespace", "name", "result"] {
                assert!(line[field].is_string(), "{line} has no {field}");
            }
            acted += 1;
        }
    }
    assert!(acted > 10, "{acted} acts in\n{text}");
    let secrets = secrets(&cluster).await;
    assert!(
        secrets.len() >= 5,
        "an authority's key, three members', a client's"
    );
    for secret in secrets {
        assert!(!text.contains(&secret), "a key is in the log");
    }
}
