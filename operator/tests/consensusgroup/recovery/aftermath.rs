//! What befalls a group that was recovered, and its object: the survivor is lost, a quorum is lost again, the object is edited,
//! or deleted and made again.

use expect_test::expect;
use serde_json::{Value, json};
use synod_operator::child::ChildKind;
use synod_operator::names;

use super::{ask, bereft, emptied, goes_on, told};
use crate::traces::{round, try_run};
use crate::world::UID;

#[test]
fn it_is_done_again_after_another_loss() {
    let mut world = bereft(3, &[2, 3]);
    ask(&mut world, 1);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    for number in [1, 4] {
        world.lose_pod_of(number);
        world.lose_claim_of(number);
    }
    world.settle();
    ask(&mut world, 5);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(world.group.voters(), [5, 6, 7]);
}

#[test]
fn the_survivor_is_replaced_once_the_group_has_grown() {
    let mut world = bereft(3, &[2, 3]);
    ask(&mut world, 1);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    world.lose_pod_of(1);
    world.lose_claim_of(1);
    world.settle();
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(world.group.voters(), [4, 5, 6]);
    let told = told(&world);
    assert!(told.starts_with("Recovered"), "{told}");
}

/// What was told stays told, whatever is edited afterwards.
#[test]
fn the_object_is_edited_once_the_survivor_is_gone() {
    let mut world = bereft(3, &[2, 3]);
    ask(&mut world, 1);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    let before = told(&world);
    world.lose_pod_of(1);
    world.lose_claim_of(1);
    world.settle();
    world.edit("members", json!(5));
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(told(&world), before);
}

/// What is left of it is data of a cluster that was given up, and nobody begins with that by chance.
#[test]
fn the_object_is_deleted_and_made_again() {
    let mut world = emptied(3, &[1, 2]);
    world.edit(
        "storage",
        json!({ "size": "1Gi", "retention": { "whenDeleted": "Delete" } }),
    );
    ask(&mut world, 3);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    world.recreate();
    world.group = Default::default();
    world.edit("recovery", Value::Null);
    let lines = try_run(&mut world);
    assert!(lines.is_ok(), "{lines:?}");
    expect![[r#""Blocked": "claims data-config-cg-1, data-config-cg-2 are kept of members that cluster 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee had no more when an earlier object of this name was deleted, and there are no others: delete them to begin empty, or take annotation synod.dev/retired off those to go on with""#]].assert_eq(&format!(
        "{}: {}",
        world.status["state"], world.status["conditions"][0]["message"]
    ));
}

/// The survivor is lost as well, and a person takes the note off another claim.
pub(crate) fn the_survivor_is_lost_too() -> Result<(), String> {
    let mut world = bereft(5, &[3, 4, 5]);
    ask(&mut world, 1);
    while world.group.voters() != [1] {
        round(&mut world);
    }
    world.lose_pod_of(1);
    world.lose_claim_of(1);
    world.settle();
    try_run(&mut world)?;
    let uid: synod_agent_api::ClusterUid = UID.parse().expect("a UUID");
    world
        .objects
        .change(ChildKind::Claim, "data-config-cg-2", |claim| {
            let notes = claim.meta_mut().annotations.get_or_insert_default();
            notes.remove(names::RETIRED);
        });
    let recovery = json!({ "from": 2, "acceptDataLoss": uid.to_string() });
    world.edit("recovery", recovery);
    goes_on(&mut world).map(drop)
}
