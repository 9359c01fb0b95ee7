//! The templates of members' pods: what of the object they take over, and what restarts no member.

use expect_test::expect;
use serde_json::{Value, json};
use synod_operator::child::ChildKind;

use crate::traces::{ready, run, try_run};
use crate::world::World;

pub(crate) fn a_newer_operator() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.default_image = "agent:2".into();
    match try_run(&mut world)?.as_str() {
        "" => Ok(()),
        lines => Err(lines.to_owned()),
    }
}

#[test]
fn upgrading_the_operator_rolls_no_pod() {
    let mut world = ready(json!({ "members": 3 }));
    world.default_image = "agent:2".into();
    assert_eq!(run(&mut world), "");
    assert_eq!(world.status["state"], "Ready");
    expect![[r#"
        lastTransitionTime: 2026-06-01T00:00:00Z
        message: 'the members run agent:1, the operator''s default is agent:2: set spec.image, or spec.upgradePolicy to Automatic'
        observedGeneration: 1
        reason: NewDefaultImage
        status: 'True'
        type: UpdateAvailable
    "#]]
        .assert_eq(&serde_yaml::to_string(&world.status["conditions"][3]).expect("encodes"));
    // Nor does it when the status, where the image is noted, was lost.
    world.status = Value::Null;
    assert_eq!(run(&mut world), "");
    world.edit("upgradePolicy", json!("Automatic"));
    let lines = run(&mut world);
    assert_eq!(
        lines.matches("its template is outdated").count(),
        3,
        "{lines}"
    );
    assert_eq!(world.status["conditions"].as_array().map(Vec::len), Some(3));
    assert_eq!(world.status["image"], "agent:2");
}

#[test]
fn an_image_that_was_set_and_taken_back_stays() {
    let mut world = ready(json!({ "members": 1, "image": "agent:9" }));
    world.edit("image", Value::Null);
    assert_eq!(run(&mut world), "");
    assert_eq!(world.status["conditions"][3]["type"], "UpdateAvailable");
}

#[test]
fn the_name_of_a_template_does_not_change_with_the_operator() {
    // If this fails, every pod of every object is restarted by the next operator: leave new fields out of the hashed
    // text while they are at their defaults.
    let world = ready(json!({ "members": 1, "scheduling": { "spread": {} } }));
    let pod = world
        .objects
        .get(ChildKind::Pod, "config-cg-1")
        .expect("a pod");
    expect![[r#""2376d66392f8735d""#]]
        .assert_eq(&pod.to_json()["metadata"]["labels"]["synod.dev/template"].to_string());
}

#[test]
fn an_image_is_pulled_with_the_secrets_that_are_named() {
    let mut world = ready(json!({ "members": 1, "imagePullSecrets": [] }));
    let pod = |world: &World| {
        let pod = world.objects.get(ChildKind::Pod, "config-cg-1");
        pod.expect("a pod").to_json()
    };
    let before = pod(&world);
    assert_eq!(before["spec"]["imagePullSecrets"], Value::Null);
    world.edit("imagePullSecrets", json!([{ "name": "registry" }]));
    assert!(run(&mut world).contains("config-cg-1"), "it is replaced");
    let after = pod(&world);
    assert_eq!(
        after["spec"]["imagePullSecrets"],
        json!([{ "name": "registry" }])
    );
    assert_ne!(before["metadata"]["labels"], after["metadata"]["labels"]);
}

#[test]
fn members_are_spread_as_strictly_as_asked_for() {
    let told = |scheduling: Value| {
        let world = ready(json!({ "members": 1, "scheduling": scheduling }));
        let pod = world
            .objects
            .get(ChildKind::Pod, "config-cg-1")
            .expect("a pod")
            .to_json();
        let spec = &pod["spec"];
        let text = json!({ "affinity": spec["affinity"], "zones": spec["topologySpreadConstraints"][0]["whenUnsatisfiable"] });
        serde_yaml::to_string(&text).expect("encodes")
    };
    expect![[r#"
        affinity:
          podAntiAffinity:
            preferredDuringSchedulingIgnoredDuringExecution:
            - podAffinityTerm:
                labelSelector:
                  matchLabels:
                    synod.dev/kind: ConsensusGroup
                    synod.dev/name: config
                topologyKey: kubernetes.io/hostname
              weight: 100
        zones: ScheduleAnyway
    "#]]
    .assert_eq(&told(json!({})));
    expect![[r#"
        affinity:
          nodeAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
              nodeSelectorTerms:
              - matchExpressions:
                - key: disk
                  operator: In
                  values:
                  - ssd
          podAntiAffinity:
            requiredDuringSchedulingIgnoredDuringExecution:
            - labelSelector:
                matchLabels:
                  synod.dev/kind: ConsensusGroup
                  synod.dev/name: config
              topologyKey: kubernetes.io/hostname
        zones: DoNotSchedule
    "#]]
    .assert_eq(&told(json!({
        "spread": { "nodes": "Required", "zones": "Required" },
        "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
            { "matchExpressions": [{ "key": "disk", "operator": "In", "values": ["ssd"] }] }
        ] } },
    })));
}
