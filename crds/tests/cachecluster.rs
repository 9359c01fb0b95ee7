//! What only a CacheCluster has: what clients take it for, what is evicted, what is on disk.

use kube::CustomResourceExt;
use serde_json::{Value, json};
use synod_crds::{CacheCluster, CacheClusterSpec, schema};

#[test]
fn an_empty_spec_is_valid_and_safe() {
    let schema = schema::of(&CacheCluster::crd());
    let object = json!({"metadata": {"name": "a"}, "spec": {}});
    let full = schema::defaulted(&schema, &object);
    assert_eq!(schema::rules(&schema, &full, None), []);
    let by_schema: CacheClusterSpec =
        serde_json::from_value(full["spec"].clone()).expect("decodes");
    assert_eq!(by_schema, CacheClusterSpec::default());
    let own = json!({
        "shards": 1, "replicasPerShard": 0, "mode": "Standalone", "durability": "Async", "eviction": "allkeys-lfu",
    });
    for (name, value) in own.as_object().expect("an object") {
        assert_eq!(&full["spec"][name], value);
    }
}

/// What the API says to a spec, on top of another one if it changes one.
fn problems(spec: &Value, old: Option<&Value>) -> Vec<String> {
    let schema = schema::of(&CacheCluster::crd());
    let full = |spec: &Value| {
        let object = json!({"metadata": {"name": "a"}, "spec": spec});
        schema::defaulted(&schema, &object)
    };
    let old = old.map(full);
    let problems = schema::rules(&schema, &full(spec), old.as_ref());
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

#[track_caller]
fn is_refused(spec: &Value, old: Option<&Value>, words: &str) {
    let problems = problems(spec, old);
    let said = problems.iter().any(|problem| problem.contains(words));
    assert!(said, "{spec}: {problems:?}");
}

#[track_caller]
fn is_taken(spec: &Value) {
    assert_eq!(problems(spec, None), [""; 0], "{spec}");
}

#[test]
fn what_is_not_served_yet_is_refused_and_told() {
    is_refused(&json!({"shards": 3}), None, "shards must be 1");
    is_refused(&json!({"shards": 0}), None, "shards must be 1");
    is_refused(
        &json!({"replicasPerShard": 1}),
        None,
        "replicasPerShard must be 0",
    );
    is_refused(&json!({"mode": "Cluster"}), None, "with Standalone");
    is_refused(
        &json!({"durability": "Quorum"}),
        None,
        "with Async and persistence.fsync Always",
    );
    let all =
        json!({"shards": 1, "replicasPerShard": 0, "mode": "Standalone", "durability": "Async"});
    is_taken(&all);
}

#[test]
fn what_is_in_memory_only_is_not_synced() {
    is_taken(&json!({"durability": "None"}));
    is_taken(&json!({"persistence": {"fsync": "Always"}}));
    let both = json!({"durability": "None", "persistence": {"fsync": "No"}});
    is_refused(
        &both,
        None,
        "persistence is not allowed with durability None",
    );
    // Without copies a change of mind is no change of what others rely on.
    assert_eq!(
        problems(&json!({"durability": "None"}), Some(&json!({}))),
        [""; 0]
    );
    assert_eq!(
        problems(&json!({}), Some(&json!({"durability": "None"}))),
        [""; 0]
    );
}

#[test]
fn keys_leave_memory_for_the_rest() {
    is_taken(&json!({"maxMemory": "768Mi"}));
    is_refused(
        &json!({"maxMemory": "1Gi"}),
        None,
        "maxMemory must be less than",
    );
    is_refused(&json!({"maxMemory": "1"}), None, "at least 1Mi");
    let more = json!({"maxMemory": "2Gi", "resources": {"limits": {"memory": "3Gi"}}});
    is_taken(&more);
}

#[test]
fn the_mode_stays() {
    let (old, new) = (json!({"mode": "Standalone"}), json!({"mode": "Cluster"}));
    is_refused(&new, Some(&old), "mode cannot be changed");
}

#[test]
fn policies_have_the_names_of_redis() {
    for policy in [
        "noeviction",
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
        "auto",
    ] {
        let spec: CacheClusterSpec =
            serde_json::from_value(json!({"eviction": policy})).expect("decodes");
        assert_eq!(spec.eviction.as_str(), policy);
    }
}
