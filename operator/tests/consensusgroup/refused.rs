//! What the API refuses for good, such as a quota that admits no more pods or a storage class whose volumes do not grow,
//! holds up nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::{DeleteParams, ListParams};
use kube::client::Body;
use kube::{Api, Client};
use serde_json::{Value, json};

use crate::controller::{Cluster, blocking, eventually};

/// Looks that may fail before what is to be done beside what is refused must be done.
const FAILURES_MAX: u64 = 4;

/// A client to which the API forbids what `refused` chooses, while `on`.
fn forbidding(
    inner: Client,
    on: Arc<AtomicBool>,
    refused: impl Fn(&http::Request<Body>) -> bool + Clone + Send + Sync + 'static,
) -> Client {
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let forbidden = on.load(Ordering::Relaxed) && refused(&request);
        let inner = inner.clone();
        async move {
            if !forbidden {
                return inner.send(request).await;
            }
            let status = json!({
                "apiVersion": "v1", "kind": "Status", "status": "Failure",
                "code": 403, "reason": "Forbidden", "message": "it is forbidden here",
            });
            let answer = http::Response::builder().status(403);
            let answer = answer.body(Body::from(status.to_string().into_bytes()));
            Ok(answer.expect("a response"))
        }
    });
    Client::new(service, "default")
}

/// How often the API refused something, by the operator's metrics.
fn failures(text: &str) -> u64 {
    let line = text
        .lines()
        .find(|line| line.contains("reconcile_errors") && line.contains(r#"reason="api"}"#));
    line.and_then(|line| line.rsplit(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// A quota admits no pod for a newcomer, and the user gives it up.
pub(crate) fn a_quota_admits_no_newcomer() -> Result<(), String> {
    blocking(async {
        let (cluster, full) = (Cluster::start().await, Arc::<AtomicBool>::default());
        let client = forbidding(cluster.client.clone(), full.clone(), |request| {
            request.method() == http::Method::POST && request.uri().path().ends_with("/pods")
        });
        let (stop, metrics) = cluster.controller_with(client);
        cluster.apply("config", json!({ "members": 3 })).await;
        cluster.ready("config", 3).await;
        full.store(true, Ordering::Relaxed);
        cluster.apply("config", json!({ "members": 5 })).await;
        let refused = async || failures(&metrics.text()) > 0;
        assert!(eventually(refused).await, "{}", metrics.text());
        cluster
            .until("config", |status| told(status, "it is forbidden here"))
            .await;
        let before = failures(&metrics.text());
        cluster.apply("config", json!({ "members": 3 })).await;
        let claims: Api<PersistentVolumeClaim> = Api::default_namespaced(cluster.client.clone());
        let mut given_up = false;
        let decided = eventually(async || {
            let left = claims.list(&ListParams::default()).await.expect("claims");
            given_up = left.items.len() == 3 && cluster.is_ready("config", 3).await;
            given_up || failures(&metrics.text()) >= before + FAILURES_MAX
        });
        assert!(decided.await, "{}", metrics.text());
        stop.cancel();
        if given_up {
            Ok(())
        } else {
            Err("a pod that is wanted no more is asked for again and again".into())
        }
    })
}

/// A condition says so.
fn told(status: &Value, words: &str) -> bool {
    let conditions = status["conditions"].as_array();
    let mut messages = conditions.into_iter().flatten().map(|c| &c["message"]);
    messages.any(|message| message.as_str().is_some_and(|text| text.contains(words)))
}

#[test]
fn a_newcomer_that_a_quota_refuses_is_given_up() {
    assert_eq!(a_quota_admits_no_newcomer(), Ok(()));
}

/// Somebody asks for larger volumes where they cannot grow. Pods are made, and members added, all the same; the status tells.
#[tokio::test]
async fn claims_that_cannot_grow_hold_up_nothing() {
    let cluster = Cluster::start().await;
    let fixed = Arc::new(AtomicBool::new(true));
    let client = forbidding(cluster.client.clone(), fixed.clone(), |request| {
        let path = request.uri().path();
        request.method() == http::Method::PATCH && path.contains("/persistentvolumeclaims/")
    });
    // The founders' notes are written on claims, too.
    fixed.store(false, Ordering::Relaxed);
    let (stop, _) = cluster.controller_with(client);
    cluster.apply("config", json!({ "members": 1 })).await;
    cluster.ready("config", 1).await;
    fixed.store(true, Ordering::Relaxed);
    let larger = json!({ "members": 1, "storage": { "size": "20Gi" } });
    cluster.apply("config", larger).await;
    cluster
        .until("config", |status| told(status, "it is forbidden here"))
        .await;
    let pods: Api<Pod> = Api::default_namespaced(cluster.client.clone());
    let before = pods.get("config-cg-1").await.expect("the pod").metadata.uid;
    pods.delete("config-cg-1", &DeleteParams::default())
        .await
        .expect("deleted");
    let made_anew = async || {
        let pod = pods.get_opt("config-cg-1").await.expect("an answer");
        pod.is_some_and(|pod| pod.metadata.uid != before)
    };
    assert!(eventually(made_anew).await);
    fixed.store(false, Ordering::Relaxed);
    cluster.ready("config", 1).await;
    stop.cancel();
}
