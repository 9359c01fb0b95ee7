//! Members that are being added while somebody acts on old news of them: none is taken down once it votes, and no empty disk
//! comes in a voter's place.

use serde_json::json;
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;

use crate::observed::View;
use crate::traces::{ready, round, try_run};
use crate::world::World;

/// One member, and the claim and the pod of a second one that is not added yet.
fn one_is_coming() -> World {
    let mut world = ready(json!({ "members": 1 }));
    world.edit("members", json!(3));
    for made in ["create PersistentVolumeClaim", "create Pod"] {
        let done = round(&mut world);
        assert!(done.contains(made), "{done}");
    }
    world
}

fn is_delete_of_pod(action: &Action) -> bool {
    matches!(action, Action::Delete { seen, .. } if seen.kind == ChildKind::Pod)
}

/// What comes before the first action for which `test` holds, if all of it is carried out, and that action.
fn carry_out_before(
    world: &mut World,
    actions: &[Action],
    test: impl Fn(&Action) -> bool,
) -> Option<Action> {
    let at = actions.iter().position(test).expect("decided so");
    let done = actions[..at].iter().all(|action| world.act(action).is_ok());
    done.then(|| actions[at].clone())
}

/// What follows from `view`, until one action is refused.
fn carry_out(world: &mut World, view: &View) {
    let actions = view.decide(None).strands.concat();
    let _ = actions.iter().try_for_each(|action| world.act(action));
}

fn violated(world: &World) -> Result<(), String> {
    world.group.violations.first().cloned().map_or(Ok(()), Err)
}

fn claim(world: &World, number: u64) -> Option<Child> {
    let name = format!("data-config-cg-{number}");
    world.objects.get(ChildKind::Claim, &name).cloned()
}

/// The watch of claims is behind: a pod whose claim is not seen is about to go, and its member is added meanwhile.
pub(crate) fn a_claim_is_not_seen() -> Result<(), String> {
    let mut view = View::of(&ready(json!({ "members": 1 })));
    let mut world = one_is_coming();
    view.see_objects(&world);
    view.see_pods(&world);
    view.see_others(&world);
    view.see_agents(&world);
    let late = view.decide(None).strands.concat();
    let delete = carry_out_before(&mut world, &late, is_delete_of_pod);
    while !world.group.voters().contains(&2) {
        round(&mut world);
    }
    delete.map(|delete| world.act(&delete));
    violated(&world)
}

/// It was told to leave before it was added; what somebody decided before arrives late.
pub(crate) fn an_addition_arrives_late() -> Result<(), String> {
    let mut world = one_is_coming();
    let addition = View::of(&world).decide(None).strands.concat();
    let is_call = |action: &Action| matches!(action, Action::Membership { .. });
    let add = carry_out_before(&mut world, &addition, is_call).expect("nothing stands against it");
    world.edit("members", json!(1));
    let noted = round(&mut world);
    assert!(noted.contains("leaving"), "{noted}");
    let farewell = View::of(&world).decide(None).strands.concat();
    let delete = carry_out_before(&mut world, &farewell, is_delete_of_pod);
    let added = world.act(&add);
    world.settle();
    delete.map(|delete| world.act(&delete));
    violated(&world)?;
    added.expect_err("it rests on a configuration of before");
    Ok(())
}

/// The watch of pods stands still: what is left of a member that was never added seems to be there for long.
pub(crate) fn what_is_left_is_gone() -> Result<(), String> {
    let mut world = one_is_coming();
    world.edit("members", json!(1));
    let noted = round(&mut world);
    assert!(noted.contains("leaving"), "{noted}");
    let mut view = View::of(&world);
    carry_out(&mut world, &view);
    let before = world.group.id;
    assert!(before > 1, "whoever was about to add it is refused");
    for _ in 0..3 {
        view.see_agents(&world);
        carry_out(&mut world, &view);
    }
    match world.group.id {
        id if id == before => Ok(()),
        id => Err(format!("{} configurations follow on old news", id - before)),
    }
}

/// Member 4 comes, votes and loses its claim; then the claim is made as it was decided on at first.
fn lose_the_fourth_and_make_its_claim_again(world: &mut World) {
    round(world);
    let late = claim(world, 4).expect("made first");
    while !world.group.voters().contains(&4) {
        round(world);
    }
    world.lose_pod_of(4);
    world.lose_claim_of(4);
    assert_eq!(world.objects.create(late), Ok(()));
}

/// Somebody decided to make a claim, and does so when it was made by another one, was in use, and is lost.
pub(crate) fn a_claim_is_made_late() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(5));
    lose_the_fourth_and_make_its_claim_again(&mut world);
    try_run(&mut world)?;
    match world.group.members.contains_key(&4) {
        false => Ok(()),
        true => Err("member 4 goes on with an empty disk".into()),
    }
}

/// The same, and the agents' answers are older than the member.
pub(crate) fn a_claim_is_made_late_and_answers_are_old() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(4));
    let before = View::of(&world);
    lose_the_fourth_and_make_its_claim_again(&mut world);
    let mut view = View::of(&world);
    view.hear_all_again(&before);
    carry_out(&mut world, &view);
    world.settle();
    violated(&world)
}

/// The watch of claims is behind: it was not noted yet that the member, which votes by now, was to be added.
pub(crate) fn an_admission_is_not_seen() -> Result<(), String> {
    let mut world = one_is_coming();
    let before = View::of(&world);
    while !world.group.voters().contains(&2) {
        round(&mut world);
    }
    let mut view = before;
    view.see_pods(&world);
    // Its own word would be noted on its claim, and refused.
    world.silent = vec![2];
    view.see_agents(&world);
    world.silent.clear();
    carry_out(&mut world, &view);
    try_run(&mut world)?;
    match world.group.voters().contains(&2) {
        true => Ok(()),
        false => Err("a voter that lost nothing was replaced".into()),
    }
}

/// One was told to leave before it was added; its number is another one's by now, and the watch of claims is behind.
pub(crate) fn a_number_comes_again() -> Result<(), String> {
    let mut world = one_is_coming();
    world.edit("members", json!(1));
    round(&mut world);
    let mut view = View::of(&world);
    try_run(&mut world)?;
    world.edit("members", json!(2));
    try_run(&mut world)?;
    view.see_pods(&world);
    view.see_others(&world);
    world.silent = vec![2];
    view.see_agents(&world);
    carry_out(&mut world, &view);
    match world.group.voters().contains(&2) {
        true => Ok(()),
        false => Err("a voter that was not told to leave is removed".into()),
    }
}

/// A pod was made by old news, from a claim that was meant for a voter; it is a learner's now.
#[test]
fn a_budget_counts_whatever_it_takes_for_a_voters() {
    let mut world = ready(json!({ "members": 3, "learners": 1 }));
    world.objects.change(ChildKind::Pod, "config-cg-4", |pod| {
        let labels = pod.meta_mut().labels.get_or_insert_default();
        labels.insert(names::LABEL_ROLE.to_owned(), "voter".to_owned());
    });
    assert_eq!(try_run(&mut world).map(drop), Ok(()));
}

/// An agent is silent for so long that nobody notes that its member ran, while the other first claims go.
pub(crate) fn first_claims_go_one_by_one() -> Result<(), String> {
    let mut world = World::new(json!({ "members": 3 }));
    world.silent = vec![2];
    while !(1..=3).all(|number| world.group.runs(number)) {
        round(&mut world);
    }
    for number in [3, 1] {
        world.lose_pod_of(number);
        world.lose_claim_of(number);
        world.settle();
        if number == 3 {
            while world.group.members.contains_key(&3) {
                round(&mut world);
            }
        }
    }
    world.lose_pod_of(2);
    world.silent.clear();
    let lines = try_run(&mut world)?;
    is_ready(&world, &lines)
}

fn is_ready(world: &World, lines: &str) -> Result<(), String> {
    match world.status["state"].as_str() {
        Some("Ready") => Ok(()),
        state => Err(format!("ends as {state:?}\n{lines}")),
    }
}

/// Of two operators each told other members to leave; of those that were to stay none is left.
pub(crate) fn all_were_told_to_leave() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(1));
    for number in 1..=3 {
        let name = format!("data-config-cg-{number}");
        world.objects.change(ChildKind::Claim, &name, |claim| {
            let notes = claim.meta_mut().annotations.get_or_insert_default();
            notes.insert(names::LEAVING.to_owned(), "true".to_owned());
        });
    }
    let lines = try_run(&mut world)?;
    is_ready(&world, &lines)
}

/// All members are about to be stopped when one loses its claim.
pub(crate) fn a_member_is_lost_before_a_stop() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("hibernated", json!(true));
    round(&mut world);
    let late = View::of(&world).decide(None).strands.concat();
    let first = carry_out_before(&mut world, &late, is_delete_of_pod).expect("nothing changed");
    world.lose_pod_of(3);
    world.lose_claim_of(3);
    world.settle();
    while claim(&world, 4).is_none() {
        round(&mut world);
    }
    let deletes = late.iter().filter(|action| is_delete_of_pod(action));
    let done = deletes.filter(|delete| world.act(delete).is_ok()).count();
    violated(&world)?;
    match done {
        0 => Ok(()),
        _ => Err(format!(
            "{first} and others are carried out while a member is replaced"
        )),
    }
}

/// What is known is older than two voters; what is lowered is the budget that they raised.
pub(crate) fn a_budget_is_of_today() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    let mut view = View::of(&world);
    world.edit("members", json!(5));
    try_run(&mut world)?;
    view.see_others(&world);
    carry_out(&mut world, &view);
    world.check_budget();
    violated(&world)
}
