//! Scenarios in which one mistake of `synod_operator::mutation` would do harm. Without it each ends well; with it, each
//! must fail.

use std::time::{Duration, Instant};

use serde_json::json;
use synod_operator::child::ChildKind;
use synod_operator::election::{Holder, Move, Standing, Times};

use crate::observed::View;
use crate::traces::{ready, round, try_run};
use crate::world::World;

/// Ends well, or tells what went wrong.
pub(crate) type Scenario = fn() -> Result<(), String>;

/// By the name of the mistake; those of the pains are in `pains.rs`.
const SCENARIOS: &[(&str, Scenario)] = &[
    ("membership-without-id", a_member_is_added),
    (
        "keep-the-old-time-outs",
        crate::lockservice::other_time_outs_are_rolled_out,
    ),
    (
        "give-another-password",
        crate::cachecluster::the_password_stays,
    ),
    (
        "keep-settings-without-a-leader",
        crate::hibernation::settings_change_while_all_sleep,
    ),
    ("count-the-lost", a_claim_goes_while_another_leaves),
    ("believe-an-old-leader", a_leader_is_behind),
    ("retire-on-an-old-list", no_answer_is_of_today),
    (
        "retire-on-an-old-list",
        crate::newcomers::an_addition_arrives_late,
    ),
    (
        "retire-on-old-claims",
        crate::newcomers::a_claim_is_not_seen,
    ),
    (
        "replace-on-old-claims",
        crate::newcomers::an_admission_is_not_seen,
    ),
    ("renew-on-old-news", crate::newcomers::what_is_left_is_gone),
    (
        "take-a-late-claim-for-the-first",
        crate::newcomers::a_claim_is_made_late,
    ),
    (
        "take-a-late-claim-for-the-first",
        crate::newcomers::a_claim_is_made_late_and_answers_are_old,
    ),
    (
        "remove-on-an-old-note",
        crate::newcomers::a_number_comes_again,
    ),
    (
        "leave-the-last-alone",
        crate::newcomers::all_were_told_to_leave,
    ),
    (
        "change-beside-a-stop",
        crate::newcomers::a_member_is_lost_before_a_stop,
    ),
    (
        "lower-the-budget-on-old-news",
        crate::newcomers::a_budget_is_of_today,
    ),
    (
        "apply-to-whatever-is-there",
        crate::restraint::an_object_that_changed_since,
    ),
    (
        "forget-the-founders",
        crate::newcomers::first_claims_go_one_by_one,
    ),
    (
        "create-for-what-is-gone",
        crate::restraint::an_object_is_gone_since,
    ),
    (
        "delete-whatever-is-there",
        crate::restraint::another_pod_of_that_name,
    ),
    (
        "write-the-status-each-time",
        crate::restraint::nothing_is_to_be_told,
    ),
    (
        "restart-beside-another",
        crate::restarts::a_delete_arrives_late,
    ),
    ("restart-beside-another", crate::restarts::another_is_going),
    ("restart-whoever-ails", crate::restarts::two_fall_ill),
    (
        "one-refusal-ends-all",
        crate::refused::a_quota_admits_no_newcomer,
    ),
    ("restart-on-old-answers", crate::restarts::an_answer_is_old),
    ("restart-on-old-claims", crate::restarts::a_claim_is_going),
    (
        "restart-on-old-claims",
        crate::recovery::remains::claims_are_of_before,
    ),
    ("wake-beside-a-stop", crate::restarts::a_stop_arrives_late),
    (
        "wait-for-every-definition",
        crate::definitions::one_is_missing,
    ),
    ("tell-of-what-is-over", crate::isolation::a_mistake_is_over),
    (
        "fight-over-the-status",
        crate::restraint::another_one_writes_the_status,
    ),
    (
        "act-when-deposed",
        crate::election::stopped_in_the_middle_of_a_round,
    ),
    (
        "lead-after-the-lease",
        a_leader_is_cut_off_while_another_waits,
    ),
    ("hibernate-in-a-change", it_is_to_sleep_while_a_member_comes),
    (
        "hibernate-over-a-going-claim",
        it_is_to_sleep_while_a_claim_goes,
    ),
    ("adopt-refused-claims", claims_are_refused),
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
    (
        "recover-whatever-is-given-up",
        crate::recovery::refusal::what_is_given_up_is_anothers,
    ),
    (
        "recover-beside-a-quorum",
        crate::recovery::refusal::the_others_are_silent,
    ),
    (
        "recover-on-old-answers",
        crate::recovery::refusal::a_loss_is_not_of_today,
    ),
    (
        "recover-beside-another",
        crate::recovery::decision::two_decide_at_once,
    ),
    (
        "recover-beside-another",
        crate::recovery::decision::another_survivor_is_not_seen,
    ),
    (
        "recover-beside-the-stranded",
        crate::recovery::decision::a_node_comes_back,
    ),
    (
        "recover-from-less",
        crate::recovery::refusal::another_one_has_more,
    ),
    (
        "let-claims-of-before-go",
        crate::recovery::remains::claims_of_before_stay,
    ),
    (
        "recover-into-one-cluster",
        crate::recovery::aftermath::the_survivor_is_lost_too,
    ),
    (
        "keep-pods-of-before",
        crate::recovery::remains::members_of_before_run,
    ),
    (
        "keep-the-floor-of-before",
        crate::recovery::course::a_change_is_given_up,
    ),
    (
        "reuse-numbers",
        crate::recovery::remains::numbers_of_before_stay_taken,
    ),
];

fn all() -> impl Iterator<Item = (&'static str, Scenario)> {
    SCENARIOS.iter().copied().chain(crate::pains::scenarios())
}

pub(crate) fn a_voter_falls_ill_while_another_leaves() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(1));
    let noted = round(&mut world);
    assert!(noted.contains("leaving"), "{noted}");
    world.broken_image = Some("agent:1".into());
    lose_pod(&mut world, 2);
    try_run(&mut world).map(drop)
}

/// One was told to leave; the claim of one that is to stay goes, and its pod once the first has left.
fn a_claim_goes_while_another_leaves() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(1));
    let noted = round(&mut world);
    assert!(noted.contains("data-config-cg-3"), "{noted}");
    world.objects.delete(ChildKind::Claim, "data-config-cg-2");
    while world.group.voters().contains(&3) && world.group.voters().contains(&2) {
        round(&mut world);
    }
    if world.group.voters().contains(&2) {
        lose_pod(&mut world, 2);
    }
    let lines = try_run(&mut world)?;
    let left = world.group.voters().len();
    if world.status["state"] == "Ready" && left == 1 {
        Ok(())
    } else {
        Err(format!("{left} voters, {}\n{lines}", world.status["state"]))
    }
}

pub(crate) fn the_highest_number_leaves_first() -> Result<(), String> {
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

pub(crate) fn a_volume_is_empty_when_its_pod_returns() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    lose_pod(&mut world, 2);
    world.group.disks.remove(&2);
    try_run(&mut world).map(drop)
}

pub(crate) fn the_first_pod_of_a_roll_does_not_start() -> Result<(), String> {
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

pub(crate) fn a_first_claim_is_made_anew_by_an_operator_of_yesterday() -> Result<(), String> {
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

/// Members 4 and 5 came and went; what is known of the leader's list is older than that.
fn a_leader_is_behind() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    let before = View::of(&world);
    for members in [5, 3] {
        world.edit("members", json!(members));
        try_run(&mut world)?;
    }
    world.edit("members", json!(5));
    let mut view = View::of(&world);
    view.hear_again(1, &before);
    for action in view.decide(None).strands.concat() {
        if world.act(&action).is_err() {
            break;
        }
    }
    match world.objects.get(ChildKind::Claim, "data-config-cg-4") {
        None => Ok(()),
        Some(_) => Err("a new member gets the number 4, which was another's".into()),
    }
}

/// Members 4 and 5 joined after the answers that are known. One of them is told to leave.
fn no_answer_is_of_today() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    let before = View::of(&world);
    world.edit("members", json!(5));
    try_run(&mut world)?;
    for leaving in [false, true] {
        if leaving {
            world.edit("members", json!(3));
            round(&mut world);
        }
        let mut view = View::of(&world);
        view.hear_all_again(&before);
        for action in view.decide(None).strands.concat() {
            if world.act(&action).is_err() {
                break;
            }
        }
        world.settle();
        if let Some(violation) = world.group.violations.first() {
            return Err(violation.clone());
        }
        if world.group.healthy().len() < 5 {
            return Err(format!("of five {:?} serve", world.group.healthy()));
        }
    }
    Ok(())
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

pub(crate) fn a_first_claim_is_missing() -> Result<(), String> {
    let mut world = World::new(json!({ "members": 3 }));
    round(&mut world);
    world.recreate();
    world.objects.finish(ChildKind::Claim, "data-config-cg-2");
    untouched(&mut world)
}

pub(crate) fn all_claims_are_lost() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    for pod in world.objects.of(ChildKind::Pod) {
        world.lose_pod(&pod);
    }
    for claim in world.objects.of(ChildKind::Claim) {
        world.lose_claim(&claim);
    }
    untouched(&mut world)
}

pub(crate) fn the_first_list_is_old() -> Result<(), String> {
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
    for (name, scenario) in all() {
        assert_eq!(scenario(), Ok(()), "{name}");
    }
}

#[cfg(feature = "mutations")]
#[test]
fn every_mistake_is_caught() {
    use synod_operator::mutation;
    for (name, breaks) in mutation::ALL {
        let scenarios: Vec<_> = all().filter(|(known, _)| known == name).collect();
        assert!(!scenarios.is_empty(), "{name} has no scenario");
        for (_, scenario) in scenarios {
            synod_mutation::switch(Some(name));
            let result = scenario();
            synod_mutation::switch(None);
            let violation = result.expect_err(&format!("{name} ({breaks}) is not caught"));
            println!("{name}: {}", violation.lines().next().unwrap_or_default());
        }
    }
}
