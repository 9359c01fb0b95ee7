//! Members that are taken down by choice: never two at a time, whoever decides and however old what was seen is.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};

use crate::observed::View;
use crate::traces::{ready, round};
use crate::world::World;

/// A group whose pods are all of an outdated template.
fn outdated() -> World {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("image", json!("agent:2"));
    world
}

/// Carries out `actions` as an operator does: until one is refused. Returns how it ended.
fn carry_out(world: &mut World, actions: &[Action]) -> Result<(), String> {
    actions.iter().try_for_each(|action| world.act(action))
}

fn deletes(actions: &[Action]) -> Vec<String> {
    let name = |action: &Action| match action {
        Action::Delete { seen, .. } if seen.kind == ChildKind::Pod => Some(seen.name.clone()),
        _ => None,
    };
    actions.iter().filter_map(name).collect()
}

/// The group serves with pods of an outdated template, and its agents do not answer the operator.
pub(crate) fn only_the_operator_hears_nobody() -> Result<(), String> {
    let mut world = outdated();
    world.silent = vec![1, 2, 3];
    match deletes(&View::of(&world).decide(None).strands.concat()).as_slice() {
        [] => Ok(()),
        pods => Err(format!("{pods:?} go")),
    }
}

/// The kubelets find the containers of `numbers` not ready for so many minutes.
fn fail_probes(world: &mut World, numbers: &[u64], minutes: i64) {
    let since = world.trust.now - SignedDuration::from_mins(minutes);
    let unready = json!({ "type": "ContainersReady", "status": "False", "lastTransitionTime": since.to_string() });
    for number in numbers {
        let name = format!("config-cg-{number}");
        world.objects.change(ChildKind::Pod, &name, |pod| {
            let Child::Pod(pod) = pod else { return };
            let conditions = serde_json::from_value(json!([unready])).expect("conditions");
            pod.status.get_or_insert_default().conditions = Some(conditions);
        });
    }
}

/// Nobody can lead, with too little memory, say, and the user has mended that.
#[test]
fn pods_that_nobody_leads_are_made_anew_of_a_newer_template() {
    let all = ["config-cg-1", "config-cg-2", "config-cg-3"];
    let of = |change: fn(&mut World)| {
        let mut world = outdated();
        world.silent = vec![1, 2, 3];
        fail_probes(&mut world, &[1, 2, 3], 6);
        change(&mut world);
        let decision = View::of(&world).decide(None);
        (deletes(&decision.strands.concat()), decision.again)
    };
    assert_eq!(of(|_| {}).0, all);
    let (gone, again) = of(|world| fail_probes(world, &[3], 4));
    assert_eq!(gone, [""; 0], "one failed a moment ago only");
    assert_eq!(again, Some(Duration::from_secs(60)));
    assert_eq!(
        of(|world| world.edit("image", json!("agent:1"))).0,
        [""; 0],
        "they are as wanted"
    );
    assert_eq!(
        of(|world| world.silent.clear()).0.len(),
        1,
        "there is a leader: they roll"
    );
    let serves = |world: &mut World| {
        world.objects.change(ChildKind::Pod, "config-cg-2", |pod| {
            let Child::Pod(pod) = pod else { return };
            pod.status.get_or_insert_default().conditions = None;
        });
    };
    assert_eq!(of(serves).0, [""; 0], "one is ready, says its kubelet");
    // One may have got up since.
    let mut world = outdated();
    world.silent = vec![1, 2, 3];
    fail_probes(&mut world, &[1, 2, 3], 6);
    let actions = View::of(&world).decide(None).strands.concat();
    serves(&mut world);
    carry_out(&mut world, &actions).expect_err("the second one is not as it was seen");
    let mut pods = world.objects.of(ChildKind::Pod).into_iter();
    assert!(pods.any(|pod| pod.name() == "config-cg-2" && pod.meta().deletion_timestamp.is_none()));
}

fn lead(world: &mut World, number: u64) {
    world.group.leader = Some(number);
    world.group.round += 1;
}

fn fall_behind(world: &mut World, number: u64) {
    let member = world.group.members.get_mut(&number);
    member.expect("a member").caught_up = false;
}

fn violated(world: &World) -> Result<(), String> {
    world.group.violations.first().cloned().map_or(Ok(()), Err)
}

/// The watch of pods is behind: one is going, and that is not seen.
pub(crate) fn another_is_going() -> Result<(), String> {
    let mut world = outdated();
    let mut view = View::of(&world);
    let first = view.decide(None).strands.concat();
    assert_eq!(deletes(&first), ["config-cg-3"]);
    carry_out(&mut world, &first)?;
    // It still leads and answers while it stops.
    lead(&mut world, 3);
    view.see_claims(&world);
    view.see_agents(&world);
    let second = view.decide(None).strands.concat();
    assert_eq!(deletes(&second), ["config-cg-2"]);
    let done = carry_out(&mut world, &second);
    violated(&world)?;
    done.expect_err("it rests on a pod that was another one");
    Ok(())
}

/// A deposed operator deletes late what it decided to delete; meanwhile the next one took another pod down.
pub(crate) fn a_delete_arrives_late() -> Result<(), String> {
    let mut world = outdated();
    let late = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&late), ["config-cg-3"]);
    let (delete, before) = late.split_last().expect("it ends with the delete");
    carry_out(&mut world, before)?;
    lead(&mut world, 3);
    let next = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&next), ["config-cg-2"]);
    carry_out(&mut world, &next)?;
    world.settle();
    let done = world.act(delete);
    violated(&world)?;
    done.expect_err("what it rests on is of the past");
    Ok(())
}

/// The members' answers are old: one does not serve any more, and its pod does not show it.
pub(crate) fn an_answer_is_old() -> Result<(), String> {
    let mut world = outdated();
    let actions = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&actions), ["config-cg-3"]);
    world.group.disks.get_mut(&2).expect("a disk").running = false;
    let done = carry_out(&mut world, &actions);
    violated(&world)?;
    done.expect_err("it asks before");
    Ok(())
}

/// Two do not serve for a moment, one of them paused. The other one would be taken down in a roll.
pub(crate) fn two_fall_ill() -> Result<(), String> {
    let mut world = outdated();
    for number in [2, 3] {
        fall_behind(&mut world, number);
    }
    let view = View::of(&world);
    let deleted = deletes(&view.decide(None).strands.concat());
    if !deleted.is_empty() {
        return Err(format!(
            "{deleted:?} may be back in a moment, and 1 is no quorum"
        ));
    }
    // Of one alone the others know when the question comes, which was not known when the plan was made.
    world.group.settle();
    fall_behind(&mut world, 3);
    let actions = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&actions), ["config-cg-3"]);
    fall_behind(&mut world, 2);
    carry_out(&mut world, &actions).map_or(Ok(()), |()| Err("nobody asked for the others".into()))
}

/// One that did not serve is to be replaced; it serves again, and another one does not.
#[test]
fn one_that_serves_again_is_not_taken_down() {
    let mut world = outdated();
    fall_behind(&mut world, 2);
    let actions = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&actions), ["config-cg-2"]);
    world.group.settle();
    world.group.disks.get_mut(&3).expect("a disk").running = false;
    carry_out(&mut world, &actions).expect_err("it asks before");
    assert_eq!(violated(&world), Ok(()));
}

/// Somebody is about to stop all members for a hibernation that is called off meanwhile.
pub(crate) fn a_stop_arrives_late() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("hibernated", json!(true));
    round(&mut world);
    let late = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&late).len(), 3);
    let is_delete = |action: &&Action| matches!(action, Action::Delete { .. });
    let (deletes, before): (Vec<_>, Vec<_>) = late.iter().partition(is_delete);
    before
        .into_iter()
        .try_for_each(|action| world.act(action))?;
    world.edit("hibernated", json!(false));
    round(&mut world);
    let done = deletes
        .into_iter()
        .filter(|delete| world.act(delete).is_ok());
    let done = done.count();
    violated(&world)?;
    assert_eq!(done, 0, "what they rest on is of the past");
    Ok(())
}

/// The list of claims is behind: with its pod the claim, and with it the only copy of the data, would go.
pub(crate) fn a_claim_is_going() -> Result<(), String> {
    let mut world = ready(json!({ "members": 1 }));
    world.edit("image", json!("agent:2"));
    let actions = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&actions), ["config-cg-1"]);
    world.objects.delete(ChildKind::Claim, "data-config-cg-1");
    let _ = carry_out(&mut world, &actions);
    world.settle();
    match world.group.intact().as_slice() {
        [1] => Ok(()),
        _ => Err("the only claim went with its pod".into()),
    }
}

/// Somebody is told to leave, and then fewer may be missing; the list of claims is behind.
#[test]
fn nobody_is_taken_down_while_another_leaves() {
    let mut world = outdated();
    let late = View::of(&world).decide(None).strands.concat();
    assert_eq!(deletes(&late), ["config-cg-3"]);
    world.edit("members", json!(1));
    let noted = round(&mut world);
    assert!(noted.contains("leaving"), "{noted}");
    carry_out(&mut world, &late).expect_err("a claim is not as it was");
    // Nor does a delete that was on its way before that arrive after the removal.
    let mut world = outdated();
    let late = View::of(&world).decide(None).strands.concat();
    let (delete, before) = late.split_last().expect("it ends with the delete");
    carry_out(&mut world, before).expect("all is as it was seen");
    world.edit("members", json!(1));
    lead(&mut world, 3);
    for _ in 0..3 {
        round(&mut world);
    }
    assert_eq!(world.group.voters(), [1, 3]);
    world.act(delete).expect_err("it was written on since");
    assert_eq!(violated(&world), Ok(()));
}

/// A group with a foreign voter that is down has nobody to spare.
#[test]
fn a_foreign_voter_counts() {
    let mut world = outdated();
    let stranger = crate::group::Member {
        role: synod_agent_api::MemberRole::Voter,
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
    assert_eq!(
        deletes(&View::of(&world).decide(None).strands.concat()),
        [""; 0]
    );
}

/// Of two that decide at the same time, in whatever order their calls arrive, at most one takes a pod down.
#[test]
fn of_two_at_most_one_takes_a_pod_down() {
    let mut taken_down = 0;
    // Each of the first bits says whose call arrives next.
    for order in 0..1_u32 << 7 {
        let mut world = outdated();
        let a = View::of(&world).decide(None).strands.concat();
        lead(&mut world, 3);
        let b = View::of(&world).decide(None).strands.concat();
        assert_eq!(
            (deletes(&a), deletes(&b)),
            (vec!["config-cg-3".into()], vec!["config-cg-2".into()])
        );
        let mut rounds = [a.into_iter(), b.into_iter()];
        for step in 0..20 {
            let who = usize::from(order >> (step % 7) & 1 == 1);
            // Each finds the leader that it knows.
            lead(&mut world, [1, 3][who]);
            if let Some(action) = rounds[who].next()
                && world.act(&action).is_err()
            {
                rounds[who] = Vec::new().into_iter();
            }
        }
        assert_eq!(violated(&world), Ok(()), "order {order:#b}");
        let going = world.objects.of(ChildKind::Pod);
        let going = going
            .iter()
            .filter(|pod| pod.meta().deletion_timestamp.is_some());
        match going.count() {
            going @ (0 | 1) => taken_down += going,
            more => panic!("{more} pods go, order {order:#b}"),
        }
    }
    assert!(taken_down > 64, "in {taken_down} orders only one is");
}
