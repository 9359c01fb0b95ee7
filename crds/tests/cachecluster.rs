//! What only a CacheCluster has: what clients take it for, what is evicted, what is on disk.

use kube::CustomResourceExt;
use serde_json::json;
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
        "mode": "Cluster", "eviction": "allkeys-lfu", "persistence": {"fsync": "EverySecond"},
    });
    for (name, value) in own.as_object().expect("an object") {
        assert_eq!(&full["spec"][name], value);
    }
}

#[test]
fn the_mode_stays() {
    let schema = schema::of(&CacheCluster::crd());
    let of = |mode: &str| {
        let object = json!({"metadata": {"name": "a"}, "spec": {"mode": mode}});
        schema::defaulted(&schema, &object)
    };
    let (old, new) = (of("Cluster"), of("Standalone"));
    assert_eq!(schema::rules(&schema, &old, Some(&old)), []);
    let problems = schema::rules(&schema, &new, Some(&old));
    assert!(
        problems.iter().any(|problem| problem.message.contains("mode cannot be changed")),
        "{problems:?}"
    );
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
    ] {
        let spec: CacheClusterSpec =
            serde_json::from_value(json!({"eviction": policy})).expect("decodes");
        assert_eq!(spec.eviction.as_str(), policy);
    }
}
