//! CacheClusters: a client that counts what is acknowledged, by TLS and with the password that was made up, whatever becomes of the
//! pod; one that keeps nothing on disk; and fields that are not served yet.

use serde_json::{Value, json};
use synod_conformance::workload::Workload;

use super::rolling::roll;
use crate::group::Kind;
use crate::scenarios::demand;
use crate::stage::CACHE_KILLED;
use crate::{Failure, Group, Namespace, Stage};

/// How often the pod is deleted.
const KILLS: usize = 3;

/// So many resources as a test needs.
fn small(durability: &str) -> Value {
    json!({
        "durability": durability, "eviction": "noeviction",
        "storage": { "size": "512Mi", "retention": { "whenDeleted": "Delete" } },
        "resources": { "requests": { "cpu": "20m", "memory": "64Mi" }, "limits": { "memory": "512Mi" } },
    })
}

/// One whose writes are on disk before they are acknowledged; then one in memory only, and what is refused.
pub(super) fn kept(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-caches")?;
    refused(&namespace)?;
    on_disk(&namespace)?;
    in_memory(&namespace)?;
    namespace.delete()
}

fn on_disk(namespace: &Namespace<'_>) -> Result<(), Failure> {
    let mut wanted = small("Async");
    wanted["persistence"] = json!({ "fsync": "Always" });
    let cache = Group::create_of(namespace, Kind::CacheCluster, "cache", &wanted)?;
    namespace.start_client(&[&cache.base()])?;
    let password = password(namespace)?;
    let mut keeper = Workload::run(&mut namespace.keeper(&cache.base())?)?;
    let pod = cache.leader()?;
    for _ in 0..KILLS {
        let before = cache.life(&pod)?;
        cache.delete_by_force(&pod)?;
        namespace.stage.measured(CACHE_KILLED, keeper.gap()?);
        cache.is_back(&pod, &before)?;
    }
    let limits = json!({ "memory": "600Mi" });
    roll(&cache, &json!({ "resources": { "limits": limits } }))?;
    keeper.gap()?;
    cache.patch(&json!({ "hibernated": true }))?;
    cache.reaches("hibernated", |object| {
        object["status"]["state"] == "Hibernated"
    })?;
    cache.patch(&json!({ "hibernated": false }))?;
    keeper.gap()?;
    let verdicts = keeper
        .judge()
        .map_err(|bad| format!("the verdicts of the client that counts:\n{bad}"))?;
    print!("{verdicts}");
    demand(self::password(namespace)? == password, || {
        "the password is another one".into()
    })?;
    cache.delete()
}

/// Without TLS. What its pod held is gone with it, and clients are served again.
fn in_memory(namespace: &Namespace<'_>) -> Result<(), Failure> {
    let mut wanted = small("None");
    wanted["tls"] = json!({ "mode": "Disabled" });
    let cache = Group::create_of(namespace, Kind::CacheCluster, "fleeting", &wanted)?;
    namespace.start_client(&[&cache.base()])?;
    let keeper = Workload::run(&mut namespace.keeper(&cache.base())?)?;
    print!("{}", keeper.judge()?);
    let mut keeper = Workload::run(&mut namespace.keeper(&cache.base())?)?;
    let pod = cache.leader()?;
    let before = cache.life(&pod)?;
    cache.delete_by_force(&pod)?;
    keeper.gap()?;
    cache.is_back(&pod, &before)?;
    let verdicts = keeper.judge();
    demand(
        matches!(&verdicts, Err(bad) if bad.contains("lost")),
        || format!("keys outlived a cache in memory: {verdicts:?}"),
    )?;
    cache.delete()
}

fn password(namespace: &Namespace<'_>) -> Result<Value, Failure> {
    let secret = namespace.get(&["secret", "cache-cc-connection"])?;
    let password = secret["data"]["password"].clone();
    demand(password.is_string(), || "there is no password".into())?;
    Ok(password)
}

/// What is wanted and not served yet, and words of the answer.
fn refused(namespace: &Namespace<'_>) -> Result<(), Failure> {
    for (spec, words) in [
        (json!({ "shards": 3 }), "shards must be 1"),
        (
            json!({ "replicasPerShard": 1 }),
            "replicasPerShard must be 0",
        ),
        (json!({ "mode": "Cluster" }), "not served yet"),
        (json!({ "durability": "Quorum" }), "not served yet"),
    ] {
        let object = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": "CacheCluster", "metadata": { "name": "bad" }, "spec": spec,
        });
        match namespace
            .stage
            .cluster
            .apply(&namespace.name, &object.to_string())
        {
            Ok(_) => return Err(format!("taken: {spec}")),
            Err(why) => demand(why.contains(words), || {
                format!("{spec} is refused without {words:?}: {why}")
            })?,
        }
    }
    Ok(())
}
