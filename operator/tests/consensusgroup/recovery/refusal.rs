//! A recovery that is asked for and refused: something speaks against it, and nothing is done.

use expect_test::expect;
use serde_json::json;
use synod_agent_api::{MemberRole, Quarantine, Role};
use synod_operator::action::Action;
use synod_operator::child::ChildKind;
use synod_operator::names;

use super::{ask, bereft, carry_out, emptied, note};
use crate::observed::View;
use crate::traces::{ready, try_run};
use crate::world::{UID, World};

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

/// The member that is named was cut off before the others were lost.
pub(crate) fn another_one_has_more() -> Result<(), String> {
    let mut world = bereft(5, &[3, 4, 5]);
    world.group.disks.get_mut(&2).ok_or("no disk")?.last = 9;
    ask(&mut world, 1);
    stays(&mut world)
}
