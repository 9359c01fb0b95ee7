//! A group lost its quorum for good, and goes on with what one member has: what is done, when it is refused, and what would do
//! harm.

use expect_test::expect;
use serde_json::{Value, json};
use synod_agent_api::{MemberRole, Quarantine, Role};
use synod_operator::action::Action;
use synod_operator::child::{Child, ChildKind};
use synod_operator::names;
use synod_operator::observe::Floor;

use crate::controller::Cluster;
use crate::observed::View;
use crate::traces::{check, ready, round, try_run};
use crate::world::{UID, World};

/// Members of `numbers` have lost their claims and pods.
fn bereft(members: u64, numbers: &[u64]) -> World {
    let mut world = ready(json!({ "members": members }));
    for number in numbers {
        world.lose_pod_of(*number);
        world.lose_claim_of(*number);
    }
    world.settle();
    world
}

/// Members of `numbers` have lost what was on their volumes.
fn emptied(members: u64, numbers: &[u64]) -> World {
    let mut world = ready(json!({ "members": members }));
    world.group.lose_data(numbers);
    world
}

fn ask(world: &mut World, from: u64) {
    let given_up = world.group.cluster.expect("it began").to_string();
    let recovery = json!({ "from": from, "acceptDataLoss": given_up });
    world.edit("recovery", recovery);
}

/// The condition's reason and message.
fn told(world: &World) -> String {
    let view = View::of(world);
    let status = view.decide(world.floor).status;
    let all = status["conditions"].as_array().expect("conditions").clone();
    let found = all.iter().find(|condition| condition["type"] == "Recovery");
    let text = |found: &Value, name: &str| found[name].as_str().unwrap_or_default().to_owned();
    found.map_or("absent".to_owned(), |found| {
        format!("{}: {}", text(found, "reason"), text(found, "message"))
    })
}

/// Goes on until nothing is to be done: as asked for, in a cluster of its own, with nothing of the one before but its claims.
fn goes_on(world: &mut World) -> Result<String, String> {
    let lines = try_run(world)?;
    let state = &world.status["state"];
    if state != "Ready" {
        return Err(format!("ends as {state}: {}\n{lines}", told(world)));
    }
    let now = world.group.cluster.map(|cluster| cluster.to_string());
    if now.as_deref() == Some(UID) || world.status["clusterUid"] != json!(now) {
        return Err(format!("it is {now:?} still\n{lines}"));
    }
    for pod in world.objects.of(ChildKind::Pod) {
        if note(&pod, names::CLUSTER_UID) != now {
            return Err(format!("{} runs on\n{lines}", pod.name()));
        }
    }
    for claim in world.objects.of(ChildKind::Claim) {
        let is_kept = note(&claim, names::RETIRED).is_some();
        if (note(&claim, names::CLUSTER_UID) == now) == is_kept {
            return Err(format!("{} is not kept apart\n{lines}", claim.name()));
        }
    }
    Ok(lines)
}

fn note(object: &Child, name: &str) -> Option<String> {
    object.meta().annotations.as_ref()?.get(name).cloned()
}

/// What is about to be done, without the last step, and that.
fn decision(view: &View) -> (Vec<Action>, Action) {
    let mut actions = view.decide(None).strands.concat();
    let last = actions.pop().expect("something is to be done");
    let text = last.to_string();
    assert!(text.contains("\"recover\""), "{text}");
    (actions, last)
}

fn carry_out(world: &mut World, actions: &[Action]) -> Result<(), String> {
    world.group.fresh = true;
    actions.iter().try_for_each(|action| world.act(action))
}

#[test]
fn two_of_three_lose_their_claims() {
    let mut world = bereft(3, &[1, 3]);
    ask(&mut world, 2);
    check(
        &mut world,
        expect![[r#"
            confirm-quorum-lost from 2 at configuration 1 by 2
            confirm-none PersistentVolumeClaim but data-config-cg-2
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/admitted":null,"synod.dev/adopted-by":"5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee","synod.dev/cluster-uid":"f6671f9e-aa88-8e29-ea92-5c360d139392","synod.dev/former-cluster-uid":"5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee","synod.dev/founders":null,"synod.dev/initial-members":null,"synod.dev/joined":null,"synod.dev/leaving":null,"synod.dev/replaces":null,"synod.dev/start":"recover"},"labels":{"synod.dev/role":"voter"}}}
            --
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            delete Pod config-cg-2 because its cluster was given up
            --
            apply ConfigMap config-cg-config-2
            issue config-cg-tls-2 for synod://f6671f9e-aa88-8e29-ea92-5c360d139392/ConsensusGroup/config/2
            create Pod config-cg-2
            --
            confirm-configuration 2 via 2
            delete PodDisruptionBudget config-cg because a single member has no budget
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            delete Secret config-cg-tls-1 because its member was removed
            delete Secret config-cg-tls-3 because its member was removed
            delete ConfigMap config-cg-config-1 because its member was removed
            delete ConfigMap config-cg-config-3 because its member was removed
            create PersistentVolumeClaim data-config-cg-4
            --
            create PodDisruptionBudget config-cg
            apply ConfigMap config-cg-config-2
            confirm-configuration 2 via 2
            create ConfigMap config-cg-config-4
            issue config-cg-tls-4 for synod://f6671f9e-aa88-8e29-ea92-5c360d139392/ConsensusGroup/config/4
            create Pod config-cg-4
            --
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add 4 at configuration 2 via 2
            --
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-4
            create PersistentVolumeClaim data-config-cg-5
            --
            apply PodDisruptionBudget config-cg
            apply ConfigMap config-cg-config-4
            confirm-configuration 4 via 2
            create ConfigMap config-cg-config-5
            issue config-cg-tls-5 for synod://f6671f9e-aa88-8e29-ea92-5c360d139392/ConsensusGroup/config/5
            create Pod config-cg-5
            --
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add 5 at configuration 4 via 2
            --
            confirm-configuration 6 via 2
            apply PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-4
            apply ConfigMap config-cg-config-5
            --
            apply ConfigMap config-cg-config-5
            --
        "#]],
    );
    assert_eq!(world.group.voters(), [2, 4, 5]);
    expect!["Recovered: the group went on with what config-cg-2 had, as cluster f6671f9e-aa88-8e29-ea92-5c360d139392: take spec.recovery off"].assert_eq(&told(&world));
    // The field goes, and nothing is left to be told or done.
    world.edit("recovery", Value::Null);
    assert_eq!(try_run(&mut world), Ok(String::new()));
    assert_eq!(told(&world), "absent");
}

#[test]
fn two_of_three_lose_what_was_on_their_volumes() {
    let mut world = emptied(3, &[1, 2]);
    ask(&mut world, 3);
    let lines = goes_on(&mut world);
    assert!(lines.is_ok(), "{lines:?}");
    assert_eq!(world.group.voters(), [3, 4, 5]);
    expect!["Recovered: the group went on with what config-cg-3 had, as cluster a5392abd-8862-5590-3e97-78399f00a88d: take spec.recovery off; claims data-config-cg-1, data-config-cg-2 are kept as they were until you delete them"].assert_eq(&told(&world));
}

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

/// Whoever goes on after it is somebody who remembers nothing.
#[test]
fn killed_at_any_line_it_goes_on() {
    killed_at_any_line(|| emptied(3, &[1, 2]));
    killed_at_any_line(|| bereft(3, &[1, 2]));
}

fn killed_at_any_line(before: impl Fn() -> World) {
    for line in 0.. {
        let mut world = before();
        ask(&mut world, 3);
        let mut left = line;
        let mut done = false;
        while left > 0 && !done {
            let decision = View::of(&world).decide(world.floor);
            world.status = decision.status;
            world.group.fresh = true;
            let actions: Vec<_> = decision.strands.concat().into_iter().take(left).collect();
            left -= actions.len();
            done = actions.is_empty();
            let all = actions.iter().try_for_each(|action| world.act(action));
            assert_eq!(all, Ok(()), "line {line}");
            world.settle();
        }
        assert_eq!(goes_on(&mut world).map(drop), Ok(()), "after {line} lines");
        assert_eq!(world.group.voters(), [3, 4, 5], "after {line} lines");
        if done {
            assert!(line > 20, "{line} lines");
            return;
        }
    }
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

#[test]
fn a_learner_is_all_that_is_left() {
    let mut world = ready(json!({ "members": 1, "learners": 1 }));
    world.lose_pod_of(1);
    world.lose_claim_of(1);
    world.settle();
    ask(&mut world, 2);
    assert_eq!(goes_on(&mut world).map(drop), Ok(()));
    assert_eq!(world.group.voters(), [2]);
    let claim = world.objects.get(ChildKind::Claim, "data-config-cg-2");
    let labels = claim.and_then(|claim| claim.meta().labels.clone());
    assert_eq!(labels.expect("labels")[names::LABEL_ROLE], "voter");
}

/// What is asked for, and why it is not done.
#[test]
fn it_is_refused_where_something_speaks_against_it() {
    let refused = |mut world: World, change: fn(&mut World, &mut View), from: u64| {
        ask(&mut world, from);
        let mut view = View::of(&world);
        change(&mut world, &mut view);
        let decision = view.decide(None);
        let decides = |action: &Action| action.to_string().contains("\"recover\"");
        assert!(!decision.strands.iter().flatten().any(decides));
        world.status = decision.status;
        let all = world.status["conditions"].as_array().expect("conditions");
        let found = all.iter().find(|it| it["type"] == "Recovery").expect("one");
        assert_eq!(found["reason"], "RecoveryRefused");
        found["message"].as_str().expect("a text").to_owned()
    };
    let nothing = |_: &mut World, _: &mut View| {};
    let lines = [
        refused(ready(json!({ "members": 3 })), nothing, 1),
        refused(bereft(3, &[3]), nothing, 1),
        refused(bereft(3, &[2, 3]), nothing, 2),
        refused(bereft(3, &[2, 3]), nothing, 7),
        refused(emptied(3, &[2, 3]), nothing, 2),
        // The others are silent, and may run.
        refused(
            ready(json!({ "members": 3 })),
            |world, view| {
                world.group.leader = None;
                world.silent = vec![2, 3];
                view.see_agents(world);
            },
            1,
        ),
        // Their pods do not run, and their claims are there.
        refused(
            ready(json!({ "members": 3 })),
            |world, view| {
                world.lose_pod_of(2);
                world.lose_pod_of(3);
                world.group.settle();
                view.see_pods(world);
                view.see_agents(world);
            },
            1,
        ),
        // They answer, and do not reach each other.
        refused(
            ready(json!({ "members": 3 })),
            |world, view| {
                world.group.leader = None;
                view.see_agents(world);
            },
            1,
        ),
        // Their claims are being deleted, and they run.
        refused(
            ready(json!({ "members": 3 })),
            |world, view| {
                world.objects.delete(ChildKind::Claim, "data-config-cg-2");
                world.objects.delete(ChildKind::Claim, "data-config-cg-3");
                world.group.leader = None;
                world.silent = vec![2, 3];
                view.see_claims(world);
                view.see_agents(world);
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |world, view| {
                world.silent = vec![1];
                view.see_agents(world);
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |_, view| {
                view.hear(1, |status| {
                    status.quarantined = Some(Quarantine {
                        reason: "a disk operation failed".into(),
                        cure: "check the volume".into(),
                        promises_lost: false,
                    })
                });
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |_, view| {
                view.hear(1, |status| status.leader = Some(2));
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |_, view| {
                view.hear(1, |status| {
                    status.configuration.members.retain(|it| it.number != 1)
                });
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |_, view| {
                view.hear(1, |status| {
                    status.configuration.members[1].name = "foreign-2".into()
                });
                view.hear(1, |status| {
                    status.configuration.members[2].role = MemberRole::Learner
                });
            },
            1,
        ),
        refused(
            bereft(5, &[2, 3, 4]),
            |_, view| {
                view.hear(5, |status| status.configuration.id += 1);
            },
            1,
        ),
        // One that was cut off is named beside one that was not.
        refused(
            bereft(5, &[2, 3, 4]),
            |_, view| {
                view.hear(5, |status| status.last += 1);
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |_, view| {
                view.hear(1, |status| status.recoverable = false);
            },
            1,
        ),
        refused(
            bereft(3, &[3]),
            |world, view| {
                world.group.leader = None;
                view.see_agents(world);
                view.hear(2, |status| {
                    status.quarantined = Some(Quarantine {
                        reason: "a disk operation failed".into(),
                        cure: "check the volume, then restart the member".into(),
                        promises_lost: false,
                    })
                });
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |world, view| {
                world.edit("hibernated", json!(true));
                view.see_objects(world);
            },
            1,
        ),
        // A claim of another cluster keeps the group from everything.
        refused(
            bereft(3, &[2, 3]),
            |world, view| {
                let mut other = world
                    .objects
                    .get(ChildKind::Claim, "data-config-cg-1")
                    .cloned()
                    .expect("a claim");
                let meta = other.meta_mut();
                meta.name = Some("data-config-cg-9".into());
                meta.resource_version = None;
                meta.labels
                    .get_or_insert_default()
                    .insert(names::LABEL_MEMBER.into(), "9".into());
                let notes = meta.annotations.get_or_insert_default();
                notes.insert(
                    names::CLUSTER_UID.into(),
                    "7d3c7a52-3a3f-4d0a-8c1e-0f6a5c0ffee0".into(),
                );
                world.objects.create(other).expect("it is made");
                view.see_claims(world);
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |world, view| {
                let other = "7d3c7a52-3a3f-4d0a-8c1e-0f6a5c0ffee0";
                world.edit("recovery", json!({ "from": 1, "acceptDataLoss": other }));
                view.see_objects(world);
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |world, view| {
                world.edit("paused", json!(true));
                view.see_objects(world);
            },
            1,
        ),
        refused(
            bereft(3, &[2, 3]),
            |world, view| {
                let recovery = json!({ "from": 1, "acceptDataLoss": "yes" });
                world.edit("recovery", recovery);
                view.see_objects(world);
            },
            1,
        ),
    ];
    expect![[r#"
        nothing was done: the group has a leader, so it has a quorum
        nothing was done: the group has a leader, so it has a quorum
        nothing was done: config-cg-2 has no claim with data of this cluster: name another member
        nothing was done: config-cg-7 has no claim with data of this cluster: name another member
        nothing was done: config-cg-2 is quarantined: mend it, or name another member
        nothing was done: config-cg-2 does not answer and may have its data: bring it up, or delete its claim if the data is lost
        nothing was done: config-cg-2 does not answer and may have its data: bring it up, or delete its claim if the data is lost
        nothing was done: config-cg-1, config-cg-2, config-cg-3 are left and a quorum of 3: see to it that they reach each other
        nothing was done: config-cg-2 does not answer and may have its data: bring it up, or delete its claim if the data is lost
        nothing was done: config-cg-1 does not answer, so nobody can tell what it knows: bring it up, or name another member
        nothing was done: config-cg-1 is quarantined: mend it, or name another member
        nothing was done: the group has a leader, so it has a quorum
        nothing was done: config-cg-1 is no member of the group by its own word: name another member
        nothing was done: "foreign-2" was not added by this operator, which cannot tell whether it is lost, and with it there may be a quorum: bring it up, or make a group of a survivor's data directory by hand (synod-agent --help)
        nothing was done: config-cg-5 has more than config-cg-1 (configuration 2, round 1, slot 1, beside configuration 1, round 1, slot 1): name it instead
        nothing was done: config-cg-5 has more than config-cg-1 (configuration 1, round 1, slot 2, beside configuration 1, round 1, slot 1): name it instead
        nothing was done: config-cg-1 does not say that its data can be gone on with: name another member, or set spec.image to a version that can
        nothing was done: config-cg-2 may have its data and is quarantined: a disk operation failed; check the volume, then restart the member, or delete its claim if the data is lost
        nothing was done: spec.hibernated is true: no member runs, or is to
        nothing was done: claims data-config-cg-9 hold data of another cluster than the group's: delete them, or rename the object
        nothing was done: acceptDataLoss names cluster 7d3c7a52-3a3f-4d0a-8c1e-0f6a5c0ffee0, and the group is 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee: take spec.recovery off, or name 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee if that one has lost its quorum for good
        nothing was done: spec.paused is true
        nothing was done: acceptDataLoss must be the uid of the cluster that is given up, 5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee"#]].assert_eq(&lines.join("\n"));
}

/// The manifest of another object was copied.
pub(crate) fn what_is_given_up_is_anothers() -> Result<(), String> {
    let mut world = bereft(3, &[2, 3]);
    let other = "7d3c7a52-3a3f-4d0a-8c1e-0f6a5c0ffee0";
    world.edit("recovery", json!({ "from": 1, "acceptDataLoss": other }));
    stays(&mut world)
}

/// Two members are only silent.
pub(crate) fn the_others_are_silent() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    ask(&mut world, 1);
    world.group.leader = None;
    world.silent = vec![2, 3];
    let actions = View::of(&world).decide(None).strands.concat();
    carry_out(&mut world, &actions).unwrap_or_default();
    world.silent.clear();
    stays(&mut world)
}

/// Nothing was decided.
fn stays(world: &mut World) -> Result<(), String> {
    try_run(world)?;
    let claims = world.objects.of(ChildKind::Claim);
    let mut uids = claims.iter().map(|claim| note(claim, names::CLUSTER_UID));
    match uids.find(|uid| uid.as_deref() != Some(UID)) {
        Some(uid) => Err(format!("it became cluster {uid:?}")),
        None => Ok(()),
    }
}

/// A member lost its data and was taken in again; then another one loses its claim. The answers are those from before.
pub(crate) fn a_loss_is_not_of_today() -> Result<(), String> {
    let mut world = ready(json!({ "members": 3 }));
    ask(&mut world, 1);
    let mut view = View::of(&world);
    view.hear(1, |status| {
        (status.leader, status.role, status.ready) = (None, Role::Candidate, false);
    });
    view.hear(2, |status| {
        (status.role, status.ready) = (Role::Quarantined, false);
        status.quarantined = Some(Quarantine {
            reason: "its data was lost".into(),
            cure: "wait".into(),
            promises_lost: true,
        });
    });
    world.lose_pod_of(3);
    world.lose_claim_of(3);
    world.settle();
    let old = view.clone();
    view = View::of(&world);
    view.hear_all_again(&old);
    carry_out(&mut world, &view.decide(None).strands.concat()).unwrap_or_default();
    stays(&mut world)
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

/// The member that is named was cut off before the others were lost.
pub(crate) fn another_one_has_more() -> Result<(), String> {
    let mut world = bereft(5, &[3, 4, 5]);
    world.group.disks.get_mut(&2).ok_or("no disk")?.last = 9;
    ask(&mut world, 1);
    stays(&mut world)
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

/// Somebody sees the claims as they were before the group was recovered, and its pods as they are.
pub(crate) fn claims_are_of_before() -> Result<(), String> {
    let mut world = emptied(3, &[2, 3]);
    let mut view = View::of(&world);
    ask(&mut world, 1);
    goes_on(&mut world)?;
    view.see_pods(&world);
    view.see_agents(&world);
    carry_out(&mut world, &view.decide(None).strands.concat()).unwrap_or_default();
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

/// The last change of members was made by this operator, and the survivor had not heard of it.
pub(crate) fn a_change_is_given_up() -> Result<(), String> {
    let mut world = bereft(3, &[2, 3]);
    let cluster = world.group.cluster.expect("it began");
    world.floor = Some(Floor { cluster, id: 40 });
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

/// The shipped loop and acts, over the embedded API.
#[tokio::test]
async fn a_group_goes_on_over_the_embedded_api() {
    let cluster = Cluster::start().await;
    let (stop, _) = cluster.controller();
    cluster.apply("config", json!({ "members": 3 })).await;
    cluster.ready("config", 3).await;
    let before = {
        let mut groups = cluster.groups();
        let group = groups.get_mut("config").expect("a group");
        group.lose_data(&[1, 2]);
        group.cluster.expect("it began").to_string()
    };
    let recovery = json!({ "from": 3, "acceptDataLoss": before });
    let spec = json!({ "members": 3, "recovery": recovery });
    cluster.apply("config", spec).await;
    let is_done = |status: &Value| {
        let other = status["clusterUid"] != json!(before);
        let mut all = status["conditions"].as_array().into_iter().flatten();
        let recovered = all.any(|condition| condition["reason"] == "Recovered");
        other && recovered && status["state"] == "Ready" && status["readyMembers"] == 3
    };
    cluster.until("config", is_done).await;
    let groups = cluster.groups();
    assert_eq!(groups["config"].voters(), [3, 4, 5]);
    assert_eq!(groups["config"].violations, [""; 0]);
    stop.cancel();
}
