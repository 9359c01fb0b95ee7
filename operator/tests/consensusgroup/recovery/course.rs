//! A recovery that is granted, from the loss to a whole group: every step, whoever survived, and whoever is killed meanwhile.

use expect_test::expect;
use serde_json::{Value, json};
use synod_operator::child::ChildKind;
use synod_operator::names;
use synod_operator::observe::Floor;

use super::{ask, bereft, emptied, goes_on, told};
use crate::controller::Cluster;
use crate::observed::View;
use crate::traces::{check, ready, try_run};
use crate::world::World;

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
            confirm-none Pod but config-cg-2
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
            confirm-unchanged PodDisruptionBudget config-cg
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
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add 5 at configuration 4 via 2
            --
            confirm-configuration 6 via 2
            confirm-none Pod but config-cg-2, config-cg-4, config-cg-5
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

/// The last change of members was made by this operator, and the survivor had not heard of it.
pub(crate) fn a_change_is_given_up() -> Result<(), String> {
    let mut world = bereft(3, &[2, 3]);
    let cluster = world.group.cluster.expect("it began");
    world.floor = Some(Floor { cluster, id: 40 });
    ask(&mut world, 1);
    goes_on(&mut world).map(drop)
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
