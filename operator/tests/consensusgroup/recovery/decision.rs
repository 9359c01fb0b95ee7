//! The step that decides a recovery: it is taken once, for one member, and on nothing that has changed meanwhile. Afterwards
//! another member is named too late, unless the first one is given up.

use serde_json::{Value, json};
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};

use super::{ask, bereft, carry_out, goes_on, told};
use crate::observed::View;
use crate::traces::ready;
use crate::world::{UID, World};

/// What is about to be done, without the last step, and that.
fn decision(view: &View) -> (Vec<Action>, Action) {
    let mut actions = view.decide(None).strands.concat();
    let last = actions.pop().expect("something is to be done");
    let text = last.to_string();
    assert!(text.contains("\"recover\""), "{text}");
    (actions, last)
}

/// It is decided, and its member has not begun.
fn decided(members: u64, lost: &[u64], from: u64) -> World {
    let mut world = bereft(members, lost);
    ask(&mut world, from);
    let view = View::of(&world);
    let decision = view.decide(None);
    world.status = decision.status;
    assert_eq!(carry_out(&mut world, &decision.strands.concat()), Ok(()));
    world
}

#[test]
fn another_member_is_named_too_late() {
    let mut world = decided(5, &[3, 4, 5], 1);
    let recovery = json!({ "from": 2, "acceptDataLoss": UID });
    world.edit("recovery", recovery);
    let under_way = told(&world);
    assert!(
        under_way.starts_with("Recovering: the group is made anew of what config-cg-1 has"),
        "{under_way}"
    );
    // Nor does it matter that the field is taken off.
    world.edit("recovery", Value::Null);
    assert_eq!(told(&world), under_way);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(world.group.voters(), [1, 6, 7, 8, 9]);
}

/// Its claim and pod are deleted, as the condition says, and another one is named.
#[test]
fn a_survivor_that_cannot_begin_is_given_up_for_another_one() {
    let mut world = decided(5, &[3, 4, 5], 1);
    let words = told(&world);
    assert!(
        words.contains("delete its claim data-config-cg-1 and its pod, and name another member"),
        "{words}"
    );
    world.lose_pod_of(1);
    world.lose_claim_of(1);
    world.settle();
    let recovery = json!({ "from": 2, "acceptDataLoss": UID });
    world.edit("recovery", recovery);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(world.group.voters(), [2, 6, 7, 8, 9]);
}

/// Two members survived, too few; the user changes his mind, and two operators each decide for another one.
pub(crate) fn two_decide_at_once() -> Result<(), String> {
    let mut world = bereft(5, &[3, 4, 5]);
    ask(&mut world, 1);
    let first = View::of(&world);
    ask(&mut world, 2);
    let second = View::of(&world);
    let (before, last) = decision(&first);
    let (others, other_last) = decision(&second);
    carry_out(&mut world, &before)?;
    let second_decides = carry_out(&mut world, &others)
        .and_then(|()| world.act(&other_last))
        .is_ok();
    let first_decides = world.act(&last).is_ok();
    if first_decides && second_decides {
        return Err("both decided".into());
    }
    goes_on(&mut world).map(drop)
}

/// The claim of another survivor is not seen, and somebody decided for that one.
pub(crate) fn another_survivor_is_not_seen() -> Result<(), String> {
    let mut world = bereft(5, &[3, 4, 5]);
    ask(&mut world, 1);
    let mut late = View::of(&world);
    let claim = world
        .objects
        .get(ChildKind::Claim, "data-config-cg-2")
        .cloned();
    let mut claim = claim.expect("a claim");
    world.objects.finish(ChildKind::Claim, "data-config-cg-2");
    late.see_claims(&world);
    claim.meta_mut().resource_version = None;
    world.objects.create(claim).expect("it is back");
    let (first, last) = decision(&late);
    match carry_out(&mut world, &first).and_then(|()| world.act(&last)) {
        Ok(()) => Err("it is decided beside a claim that was not seen".into()),
        Err(_) => Ok(()),
    }
}

/// A member whose volume is only reached from its node, and the node is back by now.
pub(crate) fn a_node_comes_back() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.lose_pod_of(3);
    world.lose_claim_of(3);
    let pod = world.objects.get(ChildKind::Pod, "config-cg-2").cloned();
    world.lose_pod_of(2);
    world.settle();
    ask(&mut world, 1);
    let stranded = json!({ "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable" }] });
    let mut pod = pod.ok_or("no pod")?;
    if let Child::Pod(pod) = &mut pod {
        pod.status = serde_json::from_value(stranded).ok();
        pod.metadata.resource_version = None;
    }
    world
        .objects
        .create(pod)
        .map_err(|why| format!("{why:?}"))?;
    world
        .objects
        .change(ChildKind::Claim, "data-config-cg-2", |claim| {
            let notes = claim.meta_mut().annotations.get_or_insert_default();
            notes.insert("volume.kubernetes.io/selected-node".into(), "z".into());
        });
    let view = View::of(&world);
    let (before, last) = decision(&view);
    world.objects.change(ChildKind::Pod, "config-cg-2", |pod| {
        if let Child::Pod(pod) = pod {
            pod.status = None;
        }
    });
    match carry_out(&mut world, &before).and_then(|()| world.act(&last)) {
        Ok(()) => Err("it is decided although a member is coming back".into()),
        Err(_) => Ok(()),
    }
}
