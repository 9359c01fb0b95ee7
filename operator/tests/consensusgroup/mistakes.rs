//! Scenarios in which one mistake of `synod_operator::mutation` would do harm. Without it each ends well; with it, each
//! must fail.

use std::time::{Duration, Instant};

use serde_json::json;
use synod_operator::child::ChildKind;
use synod_operator::election::{Holder, Move, Standing, Times};

use crate::traces::{ready, round, try_run};
use crate::world::World;

type Scenario = fn() -> Result<(), String>;

/// By the name of the mistake.
const SCENARIOS: &[(&str, Scenario)] = &[
    (
        "remove-below-quorum",
        a_voter_falls_ill_while_another_leaves,
    ),
    ("sort-members-as-text", the_highest_number_leaves_first),
    (
        "bootstrap-adopted-claim",
        a_volume_is_empty_when_its_pod_returns,
    ),
    (
        "roll-past-a-broken-pod",
        the_first_pod_of_a_roll_does_not_start,
    ),
    ("membership-without-id", a_member_is_added),
    (
        "begin-before-founded",
        a_first_claim_is_made_anew_by_an_operator_of_yesterday,
    ),
    (
        "act-when-deposed",
        crate::election::stopped_in_the_middle_of_a_round,
    ),
    (
        "lead-after-the-lease",
        a_leader_is_cut_off_while_another_waits,
    ),
    ("budget-of-claims-only", crate::pains::two_of_five_are_lost),
    ("image-follows-the-operator", crate::pains::a_newer_operator),
    ("hibernate-in-a-change", it_is_to_sleep_while_a_member_comes),
    (
        "hibernate-over-a-going-claim",
        it_is_to_sleep_while_a_claim_goes,
    ),
    ("adopt-refused-claims", claims_are_refused),
    ("complete-adopted-claims", a_first_claim_is_missing),
    ("begin-again-without-claims", all_claims_are_lost),
    ("begin-on-a-stale-list", the_first_list_is_old),
    ("force-delete-on-a-silent-node", crate::nodes::a_silent_node),
    (
        "switch-before-all-trust",
        crate::rotation::an_agent_does_not_take_up_the_bundle,
    ),
    (
        "old-authority-leaves-early",
        crate::rotation::an_agent_does_not_take_up_its_certificate,
    ),
    ("own-protected-claims", a_protected_object_is_deleted),
];

fn a_voter_falls_ill_while_another_leaves() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(1));
    let noted = round(&mut world);
    assert!(noted.contains("leaving"), "{noted}");
    world.broken_image = Some("agent:1".into());
    lose_pod(&mut world, 2);
    try_run(&mut world).map(drop)
}

fn the_highest_number_leaves_first() -> Result<(), String> {
    let mut world = ready(json!({ "members": 7 }));
    // 1, 8, 9, 10, 11 and so on: numbers on both sides of ten.
    for members in [1, 5] {
        world.edit("members", json!(members));
        try_run(&mut world)?;
    }
    world.group.leader = world.group.voters().first().copied();
    let highest = world.group.voters().last().copied().unwrap_or(0);
    world.edit("members", json!(3));
    let lines = try_run(&mut world)?;
    let first = lines
        .lines()
        .find(|line| line.contains("leaving"))
        .unwrap_or_default();
    if first.contains(&format!("data-config-cg-{highest} ")) {
        Ok(())
    } else {
        Err(format!("not {highest}: {first}"))
    }
}

fn a_volume_is_empty_when_its_pod_returns() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    lose_pod(&mut world, 2);
    world.group.disks.remove(&2);
    try_run(&mut world).map(drop)
}

fn the_first_pod_of_a_roll_does_not_start() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.broken_image = Some("agent:bad".into());
    world.edit("image", json!("agent:bad"));
    try_run(&mut world).map(drop)
}

fn a_member_is_added() -> Result<(), String> {
    let mut world = ready(json!({ "members": 1 }));
    world.edit("members", json!(3));
    try_run(&mut world).map(drop)
}

fn a_first_claim_is_made_anew_by_an_operator_of_yesterday() -> Result<(), String> {
    let mut world = World::new(json!({ "members": 3 }));
    let created = round(&mut world);
    assert!(
        created.contains("PersistentVolumeClaim data-config-cg-1"),
        "{created}"
    );
    let claim = |world: &World| {
        world
            .objects
            .get(ChildKind::Claim, "data-config-cg-1")
            .cloned()
    };
    let plan_of_yesterday = claim(&world).expect("made");
    while world.group.leader.is_none() {
        round(&mut world);
    }
    // All of them voted. Before that is noted, somebody deletes one claim, and it is made again.
    lose_pod(&mut world, 1);
    let lost = claim(&world).expect("there");
    world.lose_claim(&lost);
    world
        .objects
        .create(plan_of_yesterday)
        .map_err(|refused| format!("{refused:?}"))?;
    try_run(&mut world).map(drop)
}

fn a_leader_is_cut_off_while_another_waits() -> Result<(), String> {
    let start = Instant::now();
    let mut leader = Standing::new("a".into(), Times::default());
    let mut other = Standing::new("b".into(), Times::default());
    let lease = Holder {
        identity: Some("a".into()),
        renewed: "once".into(),
        lease: None,
    };
    leader.wrote(start, lease.clone());
    other.saw(start, Some(lease));
    for second in 0..30 {
        let now = start + Duration::from_secs(second);
        if leader.decide(now) == Move::Lost {
            leader.lost();
        }
        if leader.leads() && other.decide(now) == Move::Acquire {
            return Err(format!("two lead after {second} s"));
        }
    }
    Ok(())
}

fn it_is_to_sleep_while_a_member_comes() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(5));
    for _ in 0..2 {
        round(&mut world);
    }
    world.edit("hibernated", json!(true));
    try_run(&mut world).map(drop)
}

fn it_is_to_sleep_while_a_claim_goes() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.objects.delete(ChildKind::Claim, "data-config-cg-2");
    world.objects.delete(ChildKind::Claim, "data-config-cg-3");
    world.edit("hibernated", json!(true));
    try_run(&mut world)?;
    let (left, voters) = (world.group.intact().len(), world.group.voters().len());
    if left < crate::group::quorum(voters) {
        return Err(format!("{left} of {voters} voters have their data"));
    }
    Ok(())
}

/// Nothing may be done in `world`.
fn untouched(world: &mut World) -> Result<(), String> {
    match try_run(world)?.as_str() {
        "" => Ok(()),
        lines => Err(lines.to_owned()),
    }
}

fn claims_are_refused() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3, "storage": { "adoption": "Refuse" } }));
    world.recreate();
    untouched(&mut world)
}

fn a_first_claim_is_missing() -> Result<(), String> {
    let mut world = World::new(json!({ "members": 3 }));
    round(&mut world);
    world.recreate();
    world.objects.finish(ChildKind::Claim, "data-config-cg-2");
    untouched(&mut world)
}

fn all_claims_are_lost() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    for pod in world.objects.of(ChildKind::Pod) {
        world.lose_pod(&pod);
    }
    for claim in world.objects.of(ChildKind::Claim) {
        world.lose_claim(&claim);
    }
    untouched(&mut world)
}

fn the_first_list_is_old() -> Result<(), String> {
    match crate::adoption::claims_made_on_an_old_list() {
        0 => Ok(()),
        made => Err(format!("{made} claims of a second beginning")),
    }
}

fn a_protected_object_is_deleted() -> Result<(), String> {
    let delete = json!({ "retention": { "whenDeleted": "Delete" } });
    let mut world = ready(json!({ "members": 1, "storage": delete, "deletionProtection": true }));
    world.recreate();
    match world.objects.of(ChildKind::Claim).len() {
        1 => Ok(()),
        _ => Err("the claim is gone".into()),
    }
}

fn lose_pod(world: &mut World, number: u64) {
    world.lose_pod_of(number);
    world.group.settle();
}

#[test]
fn without_a_mistake_all_end_well() {
    for (name, scenario) in SCENARIOS {
        assert_eq!(scenario(), Ok(()), "{name}");
    }
}

#[cfg(feature = "mutations")]
#[test]
fn every_mistake_is_caught() {
    use synod_operator::mutation;
    for (name, breaks) in mutation::ALL {
        let (_, scenario) = SCENARIOS
            .iter()
            .find(|(n, _)| n == name)
            .unwrap_or_else(|| panic!("{name} has no scenario"));
        synod_mutation::switch(Some(name));
        let result = scenario();
        synod_mutation::switch(None);
        let violation = result.expect_err(&format!("{name} ({breaks}) is not caught"));
        println!("{name}: {}", violation.lines().next().unwrap_or_default());
    }
}
