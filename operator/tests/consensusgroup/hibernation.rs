//! What is done, step by step, when all members are stopped and come back.

use expect_test::expect;
use serde_json::json;
use synod_agent_api::Kind;
use synod_operator::child::ChildKind;

use crate::traces::{ready, round, run, try_run};
use crate::world::World;

/// Until nothing is done any more, in this state.
fn until(world: &mut World, state: &str) -> String {
    let lines = run(world);
    assert_eq!(world.status["state"], state, "{}", world.status);
    lines
}

fn message(world: &World) -> &str {
    world.status["conditions"][1]["message"]
        .as_str()
        .unwrap_or_default()
}

#[test]
fn hibernate_and_resume() {
    let mut world = ready(json!({ "members": 3, "learners": 1 }));
    world.edit("hibernated", json!(true));
    expect![[r#"
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        --
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"41"}}}
        patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"42"}}}
        patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"43"}}}
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/checked":"44"}}}
        delete Pod config-cg-1 because spec.hibernated is true
        delete Pod config-cg-2 because spec.hibernated is true
        delete Pod config-cg-3 because spec.hibernated is true
        delete Pod config-cg-4 because spec.hibernated is true
        --
    "#]].assert_eq(&until(&mut world, "Hibernated"));
    assert!(world.objects.of(ChildKind::Pod).is_empty());
    let kept = [
        (ChildKind::Claim, 4),
        (ChildKind::Service, 2),
        (ChildKind::ConfigMap, 4),
        (ChildKind::Budget, 1),
    ];
    for (kind, count) in kept {
        assert_eq!(world.objects.of(kind).len(), count, "{kind}");
    }
    expect![[r#"
        - lastTransitionTime: 2026-06-01T00:00:00Z
          message: 'spec.hibernated is true: no member runs, the data is kept'
          observedGeneration: 2
          reason: Hibernated
          status: 'False'
          type: Ready
        - lastTransitionTime: 2026-06-01T00:00:00Z
          message: 'spec.hibernated is true: no member runs, the data is kept'
          observedGeneration: 2
          reason: Hibernated
          status: 'False'
          type: Progressing
        - lastTransitionTime: 2026-06-01T00:00:00Z
          message: nothing is known to be wrong
          observedGeneration: 2
          reason: AsSpecified
          status: 'False'
          type: Degraded
    "#]]
    .assert_eq(&serde_yaml::to_string(&world.status["conditions"]).expect("encodes"));
    world.edit("hibernated", json!(false));
    let woken = round(&mut world);
    let created = round(&mut world);
    assert_eq!(world.status["state"], "Resuming");
    expect![[r#"
        confirm-gone Pod config-cg-1
        confirm-gone Pod config-cg-2
        confirm-gone Pod config-cg-3
        confirm-gone Pod config-cg-4
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/hibernated":null}}}
        patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/hibernated":null}}}
        patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/hibernated":null}}}
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/hibernated":null}}}
        --
        create Pod config-cg-1
        create Pod config-cg-2
        create Pod config-cg-3
        create Pod config-cg-4
        --
    "#]].assert_eq(&format!(
        "{woken}--\n{created}--\n{}",
        until(&mut world, "Ready")
    ));
}

/// A member's process reads its configuration when it starts, and its pod is made from what the object says by then: while all
/// sleep nobody leads, and other settings are there before the members are.
pub(crate) fn settings_change_while_all_sleep() -> Result<(), String> {
    for (kind, name, value) in [
        (Kind::ConsensusGroup, "quota", json!("64Mi")),
        (Kind::LockService, "reads", json!("Linearizable")),
    ] {
        let mut world = World::of(kind, json!({ "members": 3 }));
        try_run(&mut world)?;
        world.edit("hibernated", json!(true));
        try_run(&mut world)?;
        world.edit(name, value);
        world.edit("hibernated", json!(false));
        let lines = try_run(&mut world)?;
        for number in 1..=3 {
            let at = |what: String| lines.find(&what).unwrap_or(usize::MAX);
            let written = at(format!("apply ConfigMap {}", world.names.config(number)));
            if written > at(format!("create Pod {}", world.names.pod(number))) {
                return Err(format!("member {number} starts with the {name} of before"));
            }
        }
    }
    Ok(())
}

#[test]
fn settings_that_change_while_all_sleep_are_there_when_they_wake() {
    assert_eq!(settings_change_while_all_sleep(), Ok(()));
}

#[test]
fn a_change_of_members_is_finished_before_all_are_stopped() {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(5));
    round(&mut world);
    world.edit("hibernated", json!(true));
    let first = round(&mut world);
    expect!["a change of members is finished, or a lost one replaced, before they are stopped"]
        .assert_eq(message(&world));
    expect![[r#"
        apply PodDisruptionBudget config-cg
        confirm-configuration 1 via 1
        create ConfigMap config-cg-config-4
        issue config-cg-tls-4 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/4
        create Pod config-cg-4
        --
        confirm-unchanged PodDisruptionBudget config-cg
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
        membership add 4 at configuration 1 via 1
        --
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
        apply ConfigMap config-cg-config-1
        apply ConfigMap config-cg-config-2
        apply ConfigMap config-cg-config-3
        apply ConfigMap config-cg-config-4
        --
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/hibernated":"true"}}}
        --
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"41"}}}
        patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"42"}}}
        patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"43"}}}
        patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/checked":"44"}}}
        delete Pod config-cg-1 because spec.hibernated is true
        delete Pod config-cg-2 because spec.hibernated is true
        delete Pod config-cg-3 because spec.hibernated is true
        delete Pod config-cg-4 because spec.hibernated is true
        --
    "#]].assert_eq(&format!("{first}--\n{}", until(&mut world, "Hibernated")));
    world.edit("hibernated", json!(false));
    until(&mut world, "Ready");
    assert_eq!(world.group.voters(), [1, 2, 3, 4, 5]);
}

#[test]
fn without_a_leader_nothing_is_stopped() {
    let mut world = ready(json!({ "members": 3 }));
    world.broken_image = Some("agent:1".into());
    for number in [2, 3] {
        world.lose_pod_of(number);
    }
    world.group.settle();
    world.edit("hibernated", json!(true));
    until(&mut world, "Hibernating");
    assert_eq!(world.objects.of(ChildKind::Pod).len(), 3);
    expect!["the members are stopped once a leader confirms that no change of them is under way; config-cg-1: it has not caught up; config-cg-2: its container waits: ImagePullBackOff; config-cg-3: its container waits: ImagePullBackOff"].assert_eq(message(&world));
}

#[test]
fn a_disk_that_was_emptied_in_the_meantime_begins_nothing() {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("hibernated", json!(true));
    until(&mut world, "Hibernated");
    world.group.disks.clear();
    world.edit("hibernated", json!(false));
    // A member that bootstrapped would be a violation.
    let done = try_run(&mut world);
    assert!(done.is_ok(), "{done:?}");
    for config in world.objects.of(ChildKind::ConfigMap) {
        let text = config.to_json()["data"]["agent.yaml"].to_string();
        assert!(text.contains("start: resume"), "{text}");
    }
}

#[test]
fn a_claim_that_was_lost_while_asleep_is_replaced() {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("hibernated", json!(true));
    until(&mut world, "Hibernated");
    world.lose_claim_of(2);
    assert_eq!(until(&mut world, "Hibernated"), "");
    world.edit("hibernated", json!(false));
    until(&mut world, "Ready");
    assert_eq!(world.group.voters(), [1, 3, 4]);
}

#[test]
fn a_claim_that_is_being_deleted_is_replaced_before_all_are_stopped() {
    let mut world = ready(json!({ "members": 3 }));
    world.objects.delete(ChildKind::Claim, "data-config-cg-2");
    world.edit("hibernated", json!(true));
    let lines = until(&mut world, "Hibernated");
    assert!(lines.contains("swap 2 for 4"), "{lines}");
    world.edit("hibernated", json!(false));
    until(&mut world, "Ready");
    assert_eq!(world.group.voters(), [1, 3, 4]);
}

#[test]
fn a_group_can_be_made_asleep() {
    let mut world = World::new(json!({ "members": 3, "hibernated": true }));
    until(&mut world, "Hibernated");
    assert_eq!(world.objects.of(ChildKind::Pod).len(), 0);
    world.edit("hibernated", json!(false));
    until(&mut world, "Ready");
}
