//! CacheCluster: what is made for one, its password, its volume, and what of its settings makes its agent anew.

use expect_test::expect;
use serde_json::{Value, json};
use synod_agent_api::{AgentConfig, Kind};
use synod_operator::child::{Child, ChildKind};

use crate::traces::{run, try_run};
use crate::world::World;

fn ready(spec: Value) -> World {
    let mut world = World::of(Kind::CacheCluster, spec);
    until_ready(&mut world);
    world
}

fn until_ready(world: &mut World) -> String {
    let lines = run(world);
    assert_eq!(world.status["state"], "Ready", "{}", world.status);
    lines
}

fn config(world: &World) -> AgentConfig {
    let name = "config-cc-config-1";
    let found = world.objects.get(ChildKind::ConfigMap, name);
    let object = found.expect("a configuration").to_json();
    let text = object["data"]["agent.yaml"].as_str().expect("a text");
    AgentConfig::parse(text).expect("it is one that agents take")
}

fn connection(world: &World) -> Option<std::collections::BTreeMap<String, String>> {
    let found = world
        .objects
        .get(ChildKind::Secret, "config-cc-connection")?;
    let Child::Secret(secret) = found else {
        return None;
    };
    let data = secret.data.iter().flatten();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let data = data.map(|(name, content)| (name.clone(), text(&content.0)));
    Some(data.collect())
}

fn password(world: &World) -> Option<String> {
    connection(world)?.remove("password")
}

fn volume(world: &World) -> Value {
    let claim = world.objects.get(ChildKind::Claim, "data-config-cc-1");
    claim.expect("a claim").to_json()["spec"]["resources"]["requests"]["storage"].clone()
}

#[test]
fn one_is_made() {
    let mut world = World::of(Kind::CacheCluster, json!({ "tls": { "mode": "Disabled" } }));
    expect![[r#"
        create-authority
        create Service config-cc
        create Service config-cc-peer
        create Secret config-cc-connection
        confirm-none PersistentVolumeClaim
        create PersistentVolumeClaim data-config-cc-1
        --
        give-password Secret config-cc-connection
        patch PersistentVolumeClaim data-config-cc-1 {"metadata":{"annotations":{"synod.dev/founders":"uid-4"}}}
        --
        create ConfigMap config-cc-config-1
        issue config-cc-tls-1 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/CacheCluster/config/1
        create Pod config-cc-1
        --
        patch PersistentVolumeClaim data-config-cc-1 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
        --
        apply ConfigMap config-cc-config-1
        --
    "#]].assert_eq(&until_ready(&mut world));
    let connection = connection(&world).expect("it is there");
    let names: Vec<_> = connection.keys().map(String::as_str).collect();
    assert_eq!(names, ["endpoints", "password"]);
    assert_eq!(connection["endpoints"], "redis://config-cc.ns.svc:6379");
    assert_eq!(world.status["ready"], "1/1");
}

#[test]
fn what_its_agent_is_told() {
    let spec = json!({
        "durability": "Async", "persistence": { "fsync": "Always" }, "maxMemory": "256Mi", "eviction": "volatile-ttl",
    });
    let config = config(&ready(spec));
    assert_eq!(config.kind, Kind::CacheCluster);
    assert_eq!(config.listen.client.port(), 6379);
    expect![[r#"
        memory_bytes_max: 268435456
        eviction: volatile-ttl
        persistent: true
        fsync: always
        password_file: /etc/synod/password/password
        threads: 0
    "#]]
    .assert_eq(&serde_yaml::to_string(&config.cache()).expect("encodes"));
    let cache = self::config(&ready(json!({ "durability": "None" }))).cache();
    assert!(!cache.persistent);
    // Three quarters of the default limit.
    assert_eq!(cache.memory_bytes_max, 768 << 20);
}

#[test]
fn its_pod_has_the_password_and_nothing_else_of_the_secret() {
    let world = ready(json!({}));
    let pod = world.objects.get(ChildKind::Pod, "config-cc-1");
    let pod = pod.expect("a pod").to_json();
    let named = |all: &Value| {
        let mut all = all.as_array().expect("a list").iter();
        all.find(|it| it["name"] == "password").cloned()
    };
    let volume = named(&pod["spec"]["volumes"]).expect("a volume");
    expect![[r#"
        name: password
        secret:
          items:
          - key: password
            path: password
          secretName: config-cc-connection
    "#]]
    .assert_eq(&serde_yaml::to_string(&volume).expect("encodes"));
    let mounted = named(&pod["spec"]["containers"][0]["volumeMounts"]).expect("a mount");
    assert_eq!(mounted["readOnly"], true);
}

/// Other certificates, another mode of TLS, another image: clients go on with the password that they have.
pub(crate) fn the_password_stays() -> Result<(), String> {
    let mut world = World::of(Kind::CacheCluster, json!({}));
    try_run(&mut world)?;
    let given = password(&world).ok_or("there is none")?;
    let edits = [
        ("tls", json!({ "mode": "Disabled" })),
        ("tls", json!({ "mode": "Auto" })),
        ("image", json!("agent:2")),
        ("hibernated", json!(true)),
        ("hibernated", json!(false)),
    ];
    for (name, value) in edits {
        world.edit(name, value);
        try_run(&mut world)?;
        if password(&world).as_ref() != Some(&given) {
            return Err(format!("{name} changed, and the password with it"));
        }
    }
    Ok(())
}

#[test]
fn a_password_that_was_given_stays() {
    assert_eq!(the_password_stays(), Ok(()));
}

#[test]
fn a_password_that_somebody_wrote_stays() {
    let mut world = ready(json!({}));
    let name = "config-cc-connection";
    world.objects.change(ChildKind::Secret, name, |secret| {
        if let Child::Secret(secret) = secret {
            let data = secret.data.get_or_insert_default();
            data.insert(
                "password".to_owned(),
                k8s_openapi::ByteString(b"mine".to_vec()),
            );
        }
    });
    assert_eq!(until_ready(&mut world), "");
    world.edit("tls", json!({ "mode": "Disabled" }));
    until_ready(&mut world);
    assert_eq!(password(&world).as_deref(), Some("mine"));
}

#[test]
fn a_secret_that_is_lost_comes_again_with_a_password() {
    let mut world = ready(json!({}));
    let before = password(&world);
    world
        .objects
        .finish(ChildKind::Secret, "config-cc-connection");
    let lines = until_ready(&mut world);
    expect![[r#"
        issue config-cc-connection for synod://client/ns/CacheCluster/config
        --
        give-password Secret config-cc-connection
        --
    "#]]
    .assert_eq(&lines);
    assert!(password(&world).is_some());
    assert_ne!(password(&world), before);
}

#[test]
fn where_no_key_is_kept_little_is_asked_for() {
    assert_eq!(volume(&ready(json!({}))), "10Gi");
    assert_eq!(volume(&ready(json!({ "durability": "None" }))), "1Gi");
    let less = json!({ "durability": "None", "storage": { "size": "100Mi" } });
    let mut world = ready(less);
    assert_eq!(volume(&world), "100Mi");
    // Keys are kept from now on, and there is room for them.
    world.edit("durability", json!("Async"));
    world.edit("storage", json!({ "size": "20Gi" }));
    until_ready(&mut world);
    assert_eq!(volume(&world), "20Gi");
}

#[test]
fn what_agents_read_at_their_start_makes_them_anew() {
    let mut world = ready(json!({}));
    for (name, value) in [
        ("eviction", json!("noeviction")),
        ("maxMemory", json!("128Mi")),
        ("persistence", json!({ "fsync": "Always" })),
        ("image", json!("agent:2")),
    ] {
        world.edit(name, value);
        let lines = until_ready(&mut world);
        let deleted = lines.matches("delete Pod config-cc-1").count();
        assert_eq!(deleted, 1, "{name}: {lines}");
    }
    for (name, value) in [
        ("storage", json!({ "size": "20Gi" })),
        ("upgradePolicy", json!("Automatic")),
        ("deletionProtection", json!(true)),
    ] {
        world.edit(name, value);
        let lines = until_ready(&mut world);
        assert!(!lines.contains("Pod"), "{name}: {lines}");
    }
}

#[test]
fn its_data_stays_as_the_policy_says() {
    for (policy, stays) in [("Retain", true), ("Delete", false)] {
        let spec = json!({ "storage": { "retention": { "whenDeleted": policy } } });
        let mut world = ready(spec);
        let before = world.status["clusterUid"].clone();
        world.recreate();
        let claims = world.objects.of(ChildKind::Claim).len();
        assert_eq!(claims, usize::from(stays), "{policy}");
        if stays {
            until_ready(&mut world);
            assert_eq!(world.status["clusterUid"], before);
        }
    }
}
