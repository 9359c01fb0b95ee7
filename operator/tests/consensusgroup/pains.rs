//! What others suffered from, by name: budgets, images, templates.

use expect_test::expect;
use serde_json::{Value, json};
use synod_operator::child::ChildKind;

use crate::traces::{ready, round, run, try_run};
use crate::world::World;

fn lose_member(world: &mut World, number: u64) {
    world.lose_pod_of(number);
    world.lose_claim_of(number);
    world.group.settle();
}

fn least(world: &World) -> Option<u64> {
    let budget = world.objects.get(ChildKind::Budget, "config-cg")?;
    budget.to_json()["spec"]["minAvailable"].as_u64()
}

/// Two of five voters are lost: `try_run` checks after every round what may be evicted.
pub(crate) fn two_of_five_are_lost() -> Result<(), String> {
    let mut world = ready(json!({ "members": 5 }));
    lose_member(&mut world, 4);
    lose_member(&mut world, 5);
    try_run(&mut world).map(drop)
}

#[test]
fn a_budget_never_lets_five_fall_to_two() {
    let mut world = ready(json!({ "members": 5 }));
    assert_eq!(least(&world), Some(4));
    lose_member(&mut world, 4);
    lose_member(&mut world, 5);
    round(&mut world);
    assert!(
        least(&world) >= Some(4),
        "{:?}: three healthy, none may go",
        least(&world)
    );
    run(&mut world);
    assert_eq!(least(&world), Some(4));
}

#[test]
fn a_budget_rises_before_a_member_is_added_and_falls_after_one_is_removed() {
    let mut world = ready(json!({ "members": 3 }));
    let mut seen = Vec::new();
    for members in [5, 3] {
        world.edit("members", json!(members));
        for _ in 0..20 {
            round(&mut world);
            let now = (world.group.voters().len(), least(&world));
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
    }
    let told: Vec<_> = seen
        .iter()
        .map(|(voters, least)| format!("{voters} vote, {}", least.unwrap_or(0)))
        .collect();
    expect![[r#"
        3 vote, 2
        3 vote, 3
        4 vote, 3
        4 vote, 4
        5 vote, 4
        4 vote, 4
        3 vote, 3
        3 vote, 2"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn without_a_leader_a_budget_is_not_lowered() {
    let mut world = ready(json!({ "members": 3 }));
    lose_member(&mut world, 2);
    lose_member(&mut world, 3);
    run(&mut world);
    assert_eq!(least(&world), Some(2));
}

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
