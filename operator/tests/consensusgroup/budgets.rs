//! Budgets against disruption: what may be evicted, whatever is being done to the group.

use expect_test::expect;
use serde_json::json;
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

/// The object is deleted meanwhile, and made again; nobody knows then that there were five.
pub(crate) fn two_of_five_are_lost_and_all_is_made_again() -> Result<(), String> {
    let mut world = ready(json!({ "members": 5 }));
    lose_member(&mut world, 4);
    lose_member(&mut world, 5);
    world.recreate();
    try_run(&mut world).map(drop)
}

/// One of three lost its claim, and when its substitute runs and is not added yet, the quorum is lost for a moment, and
/// somebody deletes the budget.
pub(crate) fn a_leader_is_missing_when_a_substitute_comes() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    lose_member(&mut world, 2);
    for made in [
        "create PersistentVolumeClaim data-config-cg-4",
        "create Pod config-cg-4",
    ] {
        let lines = round(&mut world);
        assert!(lines.contains(made), "{lines}");
    }
    world.objects.finish(ChildKind::Budget, "config-cg");
    world.lose_pod_of(1);
    world.group.settle();
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
