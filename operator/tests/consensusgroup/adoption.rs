//! What is done with claims that an earlier object of the same name left, and with an object whose claims are gone.

use expect_test::expect;
use serde_json::json;
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};

use crate::observed::View;
use crate::traces::{ready, round, run};
use crate::world::World;

fn told(world: &World) -> String {
    let degraded = &world.status["conditions"][2];
    format!(
        "{} {}: {}",
        world.status["state"], degraded["reason"], degraded["message"]
    )
}

#[test]
fn claims_that_are_refused_block_until_a_person_decides() {
    let mut world = ready(json!({ "members": 3, "storage": { "adoption": "Refuse" } }));
    let cluster = world.cluster();
    world.recreate();
    assert_eq!(run(&mut world), "");
    expect![[r#""Blocked" "ClaimsRefused": "claims data-config-cg-1, data-config-cg-2, data-config-cg-3 hold data of cluster 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee, which an earlier object of this name left: delete them to begin empty, or set spec.storage.adoption to Adopt to go on with that data""#]].assert_eq(&told(&world));
    world.edit("storage", json!({ "adoption": "Adopt" }));
    run(&mut world);
    assert_eq!(world.status["state"], "Ready");
    assert_eq!(world.cluster(), cluster, "the data of before");
    // What was taken over is not refused afterwards, and neither is what came later.
    world.edit("storage", json!({ "adoption": "Refuse" }));
    world.edit("members", json!(5));
    run(&mut world);
    assert_eq!(
        (&world.status["state"], &world.status["members"]),
        (&json!("Ready"), &json!(5))
    );
}

#[test]
fn refused_claims_can_be_deleted_to_begin_empty() {
    let mut world = ready(json!({ "members": 3, "storage": { "adoption": "Refuse" } }));
    world.recreate();
    run(&mut world);
    for number in 1..=3 {
        world.lose_claim_of(number);
    }
    world.group = Default::default();
    run(&mut world);
    assert_eq!(world.status["state"], "Ready");
    assert_eq!(world.status["clusterUid"], world.uid.as_str());
}

#[test]
fn retained_claims_are_found_again() {
    let mut world = ready(json!({ "members": 1 }));
    world.recreate();
    expect![[r#"
        create Service config-cg
        create Service config-cg-peer
        issue config-cg-connection for synod://client/ns/ConsensusGroup/config
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"annotations":{"synod.dev/adopted-by":"0d9c1a77-52b1-4c1e-8a41-6d1f0c0ffee0"}}}
        --
        create ConfigMap config-cg-config-1
        issue config-cg-tls-1 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/1
        create Pod config-cg-1
        --
    "#]].assert_eq(&run(&mut world));
    assert_eq!(world.status["state"], "Ready");
}

#[test]
fn deleted_claims_are_gone_and_the_next_object_begins_empty() {
    let delete = json!({ "retention": { "whenDeleted": "Delete" } });
    let mut world = ready(json!({ "members": 1, "storage": delete }));
    world.recreate();
    assert!(world.objects.of(ChildKind::Claim).is_empty());
    world.group = Default::default();
    run(&mut world);
    assert_eq!(world.status["clusterUid"], world.uid.as_str());
}

#[test]
fn claims_that_go_with_their_object_are_not_taken_over() {
    let delete = json!({ "retention": { "whenDeleted": "Delete" } });
    let mut world = ready(json!({ "members": 1, "storage": delete }));
    let claim = world.objects.of(ChildKind::Claim).remove(0);
    world.recreate();
    // The garbage collector has not come to the claim yet.
    world.objects.create((*claim).clone()).expect("created");
    let lines = run(&mut world);
    assert!(!lines.contains("PersistentVolumeClaim"), "{lines}");
    let message = world.status["conditions"][1]["message"].as_str();
    assert_eq!(
        message,
        Some("the claims of an earlier object of this name are still being deleted")
    );
}

#[test]
fn a_protected_object_keeps_its_data_when_it_is_deleted_all_the_same() {
    let delete = json!({ "retention": { "whenDeleted": "Delete" } });
    let mut world = ready(json!({ "members": 1, "storage": delete }));
    world.edit("deletionProtection", json!(true));
    expect![[r#"
        patch PersistentVolumeClaim data-config-cg-1 {"metadata":{"ownerReferences":null}}
        --
    "#]]
    .assert_eq(&run(&mut world));
    world.recreate();
    run(&mut world);
    assert_eq!(world.status["state"], "Ready");
    assert_ne!(world.status["clusterUid"], world.uid.as_str());
}

#[test]
fn first_claims_that_are_missing_are_not_made_anew_by_another_object() {
    let mut world = World::new(json!({ "members": 3 }));
    round(&mut world);
    world.recreate();
    world.lose_claim_of(2);
    assert_eq!(run(&mut world), "");
    expect![[r#""Blocked" "ClaimsIncomplete": "claims data-config-cg-2 of cluster 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee, which an earlier object of this name left, are missing, and nothing says whether the group had begun: bring them back, or delete the others to begin empty""#]].assert_eq(&told(&world));
}

#[test]
fn a_group_that_lost_all_claims_does_not_begin_again() {
    let mut world = ready(json!({ "members": 3 }));
    for pod in world.objects.of(ChildKind::Pod) {
        world.lose_pod(&pod);
    }
    for number in 1..=3 {
        world.lose_claim_of(number);
    }
    assert_eq!(run(&mut world), "");
    expect![[r#""Blocked" "DataLost": "the group had data, and all its claims are gone: restore them, or delete the object and create it again to begin empty""#]].assert_eq(&told(&world));
}

/// The numbers 1 to 3 are not in use any more when an operator sees none of the claims that there are.
pub(crate) fn claims_made_on_an_old_list() -> usize {
    let mut world = ready(json!({ "members": 3 }));
    for number in 1..=3 {
        let pod = format!("config-cg-{number}");
        let pod = world
            .objects
            .get(ChildKind::Pod, &pod)
            .expect("a pod")
            .clone();
        world.lose_pod(&pod);
        world.lose_claim_of(number);
        world.group.settle();
        run(&mut world);
    }
    assert_eq!(world.group.voters(), [4, 5, 6]);
    world.recreate();
    let mut view = View::default();
    view.see_objects(&world);
    let actions = view.decide(None).strands.concat();
    let done = actions
        .iter()
        .take_while(|action| world.act(action).is_ok());
    let first = |action: &Action| matches!(action, Action::Create(Child::Claim(_)));
    done.filter(|action| first(action)).count()
}

#[test]
fn a_stale_list_does_not_begin_a_second_group() {
    assert_eq!(claims_made_on_an_old_list(), 0);
}
