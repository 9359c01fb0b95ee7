//! What is left of the cluster that was given up: its claims are kept and are in nobody's way, its pods do not run on, its
//! numbers are not given again.

use serde_json::json;
use synod_operator::child::ChildKind;
use synod_operator::names;

use super::{ask, bereft, carry_out, emptied, goes_on, note};
use crate::observed::View;
use crate::traces::try_run;

/// Somebody made a claim by hand whose notes say nothing.
#[test]
fn a_claim_that_says_nothing_is_in_nobodys_way() {
    let mut world = bereft(3, &[2, 3]);
    let claim = world
        .objects
        .get(ChildKind::Claim, "data-config-cg-1")
        .cloned();
    let mut claim = claim.expect("a claim");
    let meta = claim.meta_mut();
    (meta.name, meta.resource_version, meta.annotations) = (Some("restored".into()), None, None);
    world.objects.create(claim).expect("it is made");
    ask(&mut world, 1);
    try_run(&mut world).expect("it ends");
    assert_eq!(world.status["state"], "Ready");
    assert_eq!(world.group.voters(), [1, 4, 5]);
}

/// Somebody with old news makes a pod for a member of before.
#[test]
fn a_member_of_before_comes_back() {
    let mut world = emptied(3, &[1, 2]);
    let pod = world.objects.get(ChildKind::Pod, "config-cg-1").cloned();
    ask(&mut world, 3);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    let mut pod = pod.expect("a pod");
    pod.meta_mut().resource_version = None;
    world.objects.create(pod).expect("it is made");
    world.settle();
    let members = world.group.members.clone();
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(world.group.members, members);
}

/// Pods of an operator that did not note yet what they were made for.
#[test]
fn pods_do_not_say_what_they_were_made_for() {
    let mut world = emptied(3, &[1, 2]);
    for pod in world.objects.of(ChildKind::Pod) {
        world.objects.change(ChildKind::Pod, pod.name(), |pod| {
            pod.meta_mut().annotations = None;
        });
    }
    ask(&mut world, 3);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
}

/// What the object made goes with it, but for what is of a cluster that was given up.
pub(crate) fn claims_of_before_stay() -> Result<(), String> {
    let mut world = emptied(3, &[1, 2]);
    world.edit(
        "storage",
        json!({ "size": "1Gi", "retention": { "whenDeleted": "Delete" } }),
    );
    try_run(&mut world)?;
    ask(&mut world, 3);
    goes_on(&mut world)?;
    let claims = world.objects.of(ChildKind::Claim);
    let mut before = claims
        .iter()
        .filter(|claim| note(claim, names::RETIRED).is_some());
    match before.find(|claim| claim.meta().owner_references.is_some()) {
        Some(claim) => Err(format!("{} goes with the object", claim.name())),
        None if claims.len() == 5 => Ok(()),
        None => Err(format!("{} claims", claims.len())),
    }
}

/// Somebody sees the claims as they were before the group was recovered, and its pods as they are.
pub(crate) fn claims_are_of_before() -> Result<(), String> {
    let mut world = emptied(3, &[2, 3]);
    let mut view = View::of(&world);
    ask(&mut world, 1);
    goes_on(&mut world)?;
    view.see_pods(&world);
    view.see_agents(&world);
    // One strand that meets something newer keeps no other from being carried out.
    for strand in view.decide(None).strands {
        carry_out(&mut world, &strand).unwrap_or_default();
    }
    let pods = world.objects.of(ChildKind::Pod);
    let mut going = pods
        .iter()
        .filter(|pod| pod.meta().deletion_timestamp.is_some());
    match going.next() {
        Some(pod) => Err(format!("{} is taken down", pod.name())),
        None => Ok(()),
    }
}

/// Members that lost their data run on.
pub(crate) fn members_of_before_run() -> Result<(), String> {
    let mut world = emptied(3, &[2, 3]);
    ask(&mut world, 1);
    goes_on(&mut world).map(drop)
}

/// Claims of the cluster of before are kept, and their numbers with them.
pub(crate) fn numbers_of_before_stay_taken() -> Result<(), String> {
    let mut world = emptied(5, &[2, 3, 4, 5]);
    ask(&mut world, 1);
    goes_on(&mut world)?;
    match world.group.voters().as_slice() {
        [1, 6, 7, 8, 9] => Ok(()),
        voters => Err(format!("{voters:?} vote")),
    }
}
