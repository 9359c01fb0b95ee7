//! Processes that end, are ended, and outlive the controller.

use std::path::Path;

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{Api, DeleteParams};
use serde_json::json;

use crate::pods::{FOREVER, address, container_id, kill, pid, ready, restarts, script};
use crate::world::{World, can_run, eventually};

#[tokio::test]
async fn a_process_that_ends_is_started_again_and_one_that_is_deleted_is_not() {
    if !can_run() {
        return;
    }
    let world = World::new();
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    let first = world.pod("p", ready).await;
    kill(pid(&first));
    let second = world.pod("p", |pod| ready(pod) && restarts(pod) == 1).await;
    assert_ne!(container_id(&first), container_id(&second));
    assert_eq!(address(&first), address(&second));
    world
        .all::<Pod>()
        .delete("p", &DeleteParams::default())
        .await
        .unwrap();
    let pods: Api<Pod> = world.all();
    assert!(
        eventually(async || pods.get_opt("p").await.unwrap().is_none().then_some(()))
            .await
            .is_some()
    );
    assert!(!Path::new(&format!("/proc/{}", pid(&second))).exists());
    assert!(!world.root(&second).exists());

    // Made again, it has the address of the one before.
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    assert_eq!(address(&world.pod("p", ready).await), address(&first));
    world.end().await;
}

#[tokio::test]
async fn a_process_that_does_not_end_is_killed_after_its_grace() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let stubborn = "trap '' TERM; while true; do sleep 0.05; done";
    world
        .make::<Pod>(script(
            "p",
            stubborn,
            json!({"spec": {"terminationGracePeriodSeconds": 1}}),
        ))
        .await;
    world.pod("p", ready).await;
    let pods: Api<Pod> = world.all();
    pods.delete("p", &DeleteParams::default()).await.unwrap();
    assert!(
        eventually(async || pods.get_opt("p").await.unwrap().is_none().then_some(()))
            .await
            .is_some()
    );
    world.end().await;
}

#[tokio::test]
async fn pods_that_may_end_do() {
    if !can_run() {
        return;
    }
    let world = World::new();
    let policy = json!({"spec": {"restartPolicy": "Never"}});
    world
        .make::<Pod>(script("good", "exit 0", policy.clone()))
        .await;
    world.make::<Pod>(script("bad", "exit 3", policy)).await;
    let phase = |wanted: &'static str| {
        move |pod: &Pod| {
            pod.status
                .as_ref()
                .is_some_and(|s| s.phase.as_deref() == Some(wanted))
        }
    };
    world.pod("good", phase("Succeeded")).await;
    world.pod("bad", phase("Failed")).await;
    world.end().await;
}

#[tokio::test]
async fn processes_outlive_the_controller_and_are_found_again() {
    if !can_run() {
        return;
    }
    let mut world = World::new();
    world.make::<Pod>(script("stays", FOREVER, json!({}))).await;
    world.make::<Pod>(script("goes", FOREVER, json!({}))).await;
    let stays = world.pod("stays", ready).await;
    let goes = world.pod("goes", ready).await;
    world.crash().await;
    kill(pid(&goes));
    assert!(Path::new(&format!("/proc/{}", pid(&stays))).exists());

    world.start();
    world
        .pod("goes", |pod| {
            ready(pod) && container_id(pod) != container_id(&goes)
        })
        .await;
    let found = world.pod("stays", ready).await;
    assert_eq!(
        container_id(&found),
        container_id(&stays),
        "the same process"
    );
    assert_eq!(restarts(&found), 0);
    assert_eq!(
        found.resource_version(),
        stays.resource_version(),
        "finding it again writes nothing"
    );

    // One that is asked to end by the next controller ends too.
    let pods: Api<Pod> = world.all();
    pods.delete("stays", &DeleteParams::default())
        .await
        .unwrap();
    assert!(
        eventually(async || pods.get_opt("stays").await.unwrap().is_none().then_some(()))
            .await
            .is_some()
    );
    world.end().await;
}

#[tokio::test]
async fn the_end_of_the_controller_stops_all_and_keeps_the_objects() {
    if !can_run() {
        return;
    }
    let world = World::new();
    world.make::<Pod>(script("p", FOREVER, json!({}))).await;
    let pod = world.pod("p", ready).await;
    let pods: Api<Pod> = world.all();
    world.end().await;
    assert!(!Path::new(&format!("/proc/{}", pid(&pod))).exists());
    let left = pods.get("p").await.unwrap();
    assert!(!ready(&left), "nobody takes it for running");
}
