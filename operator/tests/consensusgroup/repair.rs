//! What is done, step by step, when something breaks or is exchanged.

use expect_test::expect;
use serde_json::json;
use synod_operator::child::ChildKind;

use crate::traces::{check, ready, run};
use crate::world::World;

#[test]
fn a_pod_is_lost() {
    let mut world = ready(json!({ "members": 3 }));
    world.lose_pod_of(2);
    world.group.settle();
    check(
        &mut world,
        expect![[r#"
        create Pod config-cg-2
        --
    "#]],
    );
}

#[test]
fn a_claim_is_lost() {
    let mut world = ready(json!({ "members": 3 }));
    world.lose_pod_of(2);
    world.lose_claim_of(2);
    world.group.settle();
    check(
        &mut world,
        expect![[r#"
            confirm-gone PersistentVolumeClaim data-config-cg-2
            create PersistentVolumeClaim data-config-cg-4
            --
            apply PodDisruptionBudget config-cg
            confirm-configuration 1 via 1
            create ConfigMap config-cg-config-4
            issue config-cg-tls-4 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/4
            create Pod config-cg-4
            --
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add learner 4 at configuration 1 via 1
            --
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-4
            confirm-unchanged PodDisruptionBudget config-cg
            membership swap 2 for 4 at configuration 2 via 1
            --
            confirm-configuration 3 via 1
            confirm-none Pod but config-cg-1, config-cg-3, config-cg-4
            apply PodDisruptionBudget config-cg
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-4
            delete Secret config-cg-tls-2 because its member was removed
            delete ConfigMap config-cg-config-2 because its member was removed
            --
        "#]],
    );
}

#[test]
fn the_only_claim_is_being_deleted() {
    let mut world = ready(json!({ "members": 1 }));
    world.objects.delete(ChildKind::Claim, "data-config-cg-1");
    check(
        &mut world,
        expect![[r#"
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            create PersistentVolumeClaim data-config-cg-2
            --
            create PodDisruptionBudget config-cg
            confirm-configuration 1 via 1
            create ConfigMap config-cg-config-2
            issue config-cg-tls-2 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/2
            create Pod config-cg-2
            --
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add learner 2 at configuration 1 via 1
            --
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-2
            membership promote 2 at configuration 2 via 1
            --
            apply ConfigMap config-cg-config-2
            patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/leaving":"true"}}}
            --
            transfer from 1 to 2
            --
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"18"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            membership remove 1 at configuration 3 via 2
            --
            apply ConfigMap config-cg-config-2
            delete Pod config-cg-1 because its member was removed
            --
            confirm-configuration 4 via 2
            confirm-none Pod but config-cg-2
            delete PodDisruptionBudget config-cg because a single member has no budget
            delete Secret config-cg-tls-1 because its member was removed
            delete ConfigMap config-cg-config-1 because its member was removed
            --
        "#]],
    );
}

#[test]
fn roll() {
    let mut world = ready(json!({ "members": 3 }));
    world.group.leader = Some(2);
    world.edit("image", json!("agent:2"));
    check(
        &mut world,
        expect![[r#"
            confirm-serving 1,2 without 3 at configuration 1 via 2
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"20"}}}
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"21"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            delete Pod config-cg-3 because its template is outdated
            --
            create Pod config-cg-3
            --
            confirm-serving 2,3 without 1 at configuration 1 via 2
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"30"}}}
            patch Pod config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"33"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            delete Pod config-cg-1 because its template is outdated
            --
            create Pod config-cg-1
            --
            transfer from 2 to 1
            --
            confirm-serving 1,3 without 2 at configuration 1 via 1
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"38"}}}
            patch Pod config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"35"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            delete Pod config-cg-2 because its template is outdated
            --
            create Pod config-cg-2
            --
        "#]],
    );
}

#[test]
fn a_secret_that_is_not_there_is_named() {
    let tls = json!({ "mode": "Secret", "secretName": "mine" });
    let mut world = World::new(json!({ "members": 1, "tls": tls }));
    world.missing_secret = Some("mine".into());
    run(&mut world);
    let message = world.status["conditions"][0]["message"].as_str();
    expect!["the first members are being made; config-cg-1: its container waits: ContainerCreating, which takes the Secret mine (spec.tls.secretName)"].assert_eq(message.unwrap_or_default());
}

#[test]
fn a_broken_image_stops_the_roll_and_a_good_one_mends_it() {
    let mut world = ready(json!({ "members": 3 }));
    world.broken_image = Some("agent:bad".into());
    world.edit("image", json!("agent:bad"));
    expect![[r#"
        confirm-serving 1,2 without 3 at configuration 1 via 1
        confirm-unchanged PersistentVolumeClaim data-config-cg-1
        confirm-unchanged PersistentVolumeClaim data-config-cg-2
        patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"20"}}}
        patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"21"}}}
        confirm-unchanged PersistentVolumeClaim data-config-cg-3
        delete Pod config-cg-3 because its template is outdated
        --
        create Pod config-cg-3
        --
    "#]]
    .assert_eq(&run(&mut world));
    expect![
        "2 pods are of an outdated template; config-cg-3: its container waits: ImagePullBackOff"
    ]
    .assert_eq(
        world.status["conditions"][1]["message"]
            .as_str()
            .unwrap_or_default(),
    );
    world.edit("image", json!("agent:3"));
    check(
        &mut world,
        expect![[r#"
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            delete Pod config-cg-3 because it does not run and its template is outdated
            --
            create Pod config-cg-3
            --
            confirm-serving 1,3 without 2 at configuration 1 via 1
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"29"}}}
            patch Pod config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"36"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            delete Pod config-cg-2 because its template is outdated
            --
            create Pod config-cg-2
            --
            transfer from 1 to 2
            --
            confirm-serving 2,3 without 1 at configuration 1 via 2
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"41"}}}
            patch Pod config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"38"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            delete Pod config-cg-1 because its template is outdated
            --
            create Pod config-cg-1
            --
        "#]],
    );
}

#[test]
fn a_foreign_member_is_shown_and_left_alone() {
    let mut world = ready(json!({ "members": 3 }));
    let stranger = crate::group::Member {
        role: synod_agent_api::MemberRole::Learner,
        spec: synod_agent_api::MemberSpec {
            name: "somebody".into(),
            ..Default::default()
        },
        caught_up: false,
    };
    world.group.members.insert(9, stranger);
    world.group.used.insert(9);
    world.group.id += 1;
    world.group.settle();
    check(&mut world, expect![""]);
    expect![[r#"{"lastTransitionTime":"2026-06-01T00:00:00Z","message":"members 9 were not added by the operator and are left alone","observedGeneration":1,"reason":"UnknownMember","status":"True","type":"ForeignMember"}"#]].assert_eq(&world.status["conditions"][3].to_string());
}

#[test]
fn a_scheme_changes_with_a_roll() {
    let mut world = ready(json!({ "members": 1, "tls": { "mode": "Disabled" } }));
    world.edit("tls", json!({ "mode": "Auto" }));
    check(
        &mut world,
        expect![[r#"
            issue config-cg-connection for synod://client/ns/ConsensusGroup/config
            apply ConfigMap config-cg-config-1
            confirm-serving  without 1 at configuration 1 via 1
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            delete Pod config-cg-1 because its template is outdated
            --
            create Pod config-cg-1
            --
            membership update 1 at configuration 1 via 1
            --
        "#]],
    );
}
