//! What a pod finds when it starts: volumes of claims, ConfigMaps and Secrets, and its environment. What becomes of them.

use std::path::Path;

use k8s_openapi::api::core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret};
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::json;

use crate::pods::{FOREVER, address, ready, script};
use crate::world::{World, can_run, eventually};

async fn content(file: &Path, wanted: &str) {
    let found = eventually(async || {
        std::fs::read_to_string(file)
            .ok()
            .filter(|text| text.trim() == wanted)
    })
    .await;
    assert!(
        found.is_some(),
        "{} holds {:?}, not {wanted:?}",
        file.display(),
        std::fs::read_to_string(file)
    );
}

#[tokio::test]
async fn a_pod_gets_its_volumes_and_its_environment() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let claim = json!({"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    let body = format!(
        "cat $SYNOD_ROOT/etc/map/key $SYNOD_ROOT/etc/secret/key > $SYNOD_ROOT/data/out; echo $NAME $IP $PLAIN $2 >> $SYNOD_ROOT/data/out; {FOREVER}"
    );
    let volumes = json!({"container": {
            "args": ["x", "$(PLAIN)"],
            "env": [{"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}, {"name": "PLAIN", "value": "plain"}],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "map", "mountPath": "/etc/map"}, {"name": "secret", "mountPath": "/etc/secret"}]},
        "spec": {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "map", "configMap": {"name": "map"}},
            {"name": "secret", "secret": {"secretName": "secret"}}]}});
    let mut pod = script("p", &body, volumes);
    pod["spec"]["containers"][0]["command"] = json!(["/bin/sh", "-c", body, "zero"]);
    world.make::<Pod>(pod).await;
    // It waits for what it mounts.
    world
        .pod("p", |pod| {
            let waiting = pod
                .status
                .as_ref()
                .and_then(|s| s.container_statuses.clone())
                .and_then(|list| list[0].state.clone()?.waiting);
            waiting.is_some_and(|waiting| {
                waiting
                    .message
                    .is_some_and(|message| message.contains("waiting for"))
            })
        })
        .await;
    world.make::<PersistentVolumeClaim>(claim).await;
    world
        .make::<ConfigMap>(json!({"metadata": {"name": "map"}, "data": {"key": "one\n"}}))
        .await;
    world
        .make::<Secret>(json!({"metadata": {"name": "secret"}, "stringData": {"key": "two\n"}}))
        .await;
    let pod = world.pod("p", ready).await;
    assert_eq!(
        pod.spec.as_ref().unwrap().node_name.as_deref(),
        Some("local")
    );
    let out = world.root(&pod).join("data/out");
    content(&out, &format!("one\ntwo\np {} plain plain", address(&pod))).await;

    // Files follow their ConfigMap.
    let maps: Api<ConfigMap> = world.all();
    maps.patch(
        "map",
        &PatchParams::default(),
        &Patch::Merge(json!({"data": {"key": "three"}})),
    )
    .await
    .unwrap();
    content(&world.root(&pod).join("etc/map/key"), "three").await;

    // The claim's content outlives the pod, and goes with the claim.
    let claims: Api<PersistentVolumeClaim> = world.all();
    let claim = claims.get("data").await.unwrap();
    assert_eq!(
        claim.status.as_ref().unwrap().phase.as_deref(),
        Some("Bound")
    );
    let kept = std::fs::read_link(world.root(&pod).join("data")).unwrap();
    claims
        .delete("data", &DeleteParams::default())
        .await
        .unwrap();
    world
        .all::<Pod>()
        .delete("p", &DeleteParams::default())
        .await
        .unwrap();
    assert!(kept.join("out").exists() || claims.get_opt("data").await.unwrap().is_none());
    assert!(
        eventually(async || claims
            .get_opt("data")
            .await
            .unwrap()
            .is_none()
            .then_some(()))
        .await
        .is_some()
    );
    assert!(
        eventually(async || (!kept.exists()).then_some(()))
            .await
            .is_some()
    );
    world.end().await;
}
