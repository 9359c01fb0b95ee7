//! The whole loop, several objects in one namespace, and their authority is replaced.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{ListParams, Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;
use synod_operator::authority::{Authority, Phase, text};
use synod_operator::names;

use crate::controller::{Cluster, eventually};
use crate::told::{eventually_has, heralded};

#[tokio::test]
async fn all_objects_of_a_namespace_follow_their_authority() {
    let cluster = Cluster::start().await;
    cluster.certify();
    let (stop, _) = heralded(&cluster, cluster.client.clone());
    let plain = json!({ "mode": "Disabled" });
    cluster.apply("one", json!({ "members": 3 })).await;
    cluster
        .apply("two", json!({ "members": 1, "tls": plain }))
        .await;
    let asleep = json!({ "members": 1, "hibernated": true });
    cluster.apply("three", json!({ "members": 1 })).await;
    for (name, members) in [("one", 3), ("two", 1), ("three", 1)] {
        cluster.ready(name, members).await;
    }
    cluster.apply("three", asleep).await;
    let sleeps = |status: &serde_json::Value| status["state"] == "Hibernated";
    cluster.until("three", sleeps).await;
    let secrets: Api<Secret> = Api::default_namespaced(cluster.client.clone());
    let authority = async || {
        let secret = secrets.get(names::AUTHORITY).await.expect("an authority");
        (Authority::of(&secret).expect("whole"), secret)
    };
    let (before, _) = authority().await;
    let notes = json!({ (names::ROTATE): "please", (names::OVERLAP): "0s" });
    let asked = Patch::Merge(json!({ "metadata": { "annotations": notes } }));
    secrets
        .patch(names::AUTHORITY, &PatchParams::default(), &asked)
        .await
        .expect("asked");
    let replaced = async || {
        let (now, _) = authority().await;
        now.phase() == Phase::Settled && now.signer() != before.signer()
    };
    assert!(eventually(replaced).await, "{:?}", authority().await);
    let (now, secret) = authority().await;
    assert_eq!(secret.annotations()[names::ROTATED], "please");
    let followed = async || {
        let ours = ListParams::default().labels(names::LABEL_KIND);
        let all = secrets.list(&ours).await.expect("secrets");
        let mut issued = all
            .iter()
            .filter(|secret| secret.annotations().contains_key(names::ISSUED_FOR));
        issued.all(|secret| {
            text(secret, "ca.crt").as_deref() == Some(now.bundle())
                && secret.annotations()[names::ISSUER] == now.signer()
        })
    };
    assert!(eventually(followed).await);
    let steps = [
        ("AuthorityPrepared", 1),
        ("AuthoritySwitched", 1),
        ("AuthorityRetired", 1),
    ];
    eventually_has(&cluster, &steps).await;
    // Nobody was started anew.
    for group in cluster.groups().values() {
        assert_eq!(group.violations, Vec::<String>::new());
    }
    let told = |status: &serde_json::Value| {
        let conditions = status["conditions"].as_array().expect("conditions");
        conditions.iter().all(|c| c["type"] != "AuthorityRotation")
    };
    for name in ["one", "two", "three"] {
        cluster.until(name, told).await;
    }
    stop.cancel();
}
