//! What is done when a node vanishes.

use expect_test::expect;
use serde_json::json;
use synod_operator::child::ChildKind;
use synod_operator::observe::NodeSeen;

use crate::traces::{check, ready, run, try_run};
use crate::world::World;

/// The pod of member 2 is being deleted on a node without power.
fn stuck() -> (World, String) {
    let mut world = ready(json!({ "members": 3 }));
    let node = world.darken(2);
    world.objects.delete(ChildKind::Pod, "config-cg-2");
    (world, node)
}

/// The node is silent, but nobody said that it is gone.
pub(crate) fn a_silent_node() -> Result<(), String> {
    let (mut world, _) = stuck();
    try_run(&mut world).map(drop)
}

#[test]
fn a_pod_on_a_silent_node_is_waited_for() {
    let (mut world, _) = stuck();
    assert_eq!(run(&mut world), "");
    assert_eq!(world.status["state"], "Repairing");
}

#[test]
fn a_pod_on_a_node_that_is_gone_is_made_elsewhere() {
    let (mut world, node) = stuck();
    world.nodes.remove(&node);
    check(
        &mut world,
        expect![[r#"
        force-delete Pod config-cg-2 because node c is gone
        --
        create Pod config-cg-2
        --
    "#]],
    );
}

#[test]
fn a_pod_on_a_node_out_of_service_is_made_elsewhere() {
    let (mut world, node) = stuck();
    let out = NodeSeen {
        out_of_service: true,
    };
    world.nodes.insert(node, out);
    let lines = run(&mut world);
    assert!(lines.contains("force-delete"), "{lines}");
    assert_eq!(world.status["state"], "Ready");
}

/// Volumes that are only reached from the node that they were made on.
fn with_local_volumes() -> World {
    let mut world = World::new(json!({ "members": 3 }));
    world.local_volumes = true;
    run(&mut world);
    world
}

#[test]
fn a_member_whose_volume_is_on_a_node_that_is_gone_is_replaced() {
    let mut world = with_local_volumes();
    let node = world.darken(2);
    world.nodes.remove(&node);
    check(
        &mut world,
        expect![[r#"
            force-delete Pod config-cg-2 because node c is gone
            --
            create Pod config-cg-2
            --
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            create PersistentVolumeClaim data-config-cg-4
            --
            apply PodDisruptionBudget config-cg
            confirm-configuration 1 via 1
            create ConfigMap config-cg-config-4
            issue config-cg-tls-4 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/4
            create Pod config-cg-4
            --
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add learner 4 at configuration 1 via 1
            --
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-4
            confirm-unchanged PodDisruptionBudget config-cg
            membership swap 2 for 4 at configuration 2 via 1
            --
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-4
            delete Pod config-cg-2 because its member was removed
            --
            confirm-configuration 3 via 1
            confirm-none Pod but config-cg-1, config-cg-3, config-cg-4
            apply PodDisruptionBudget config-cg
            delete Secret config-cg-tls-2 because its member was removed
            delete ConfigMap config-cg-config-2 because its member was removed
            delete PersistentVolumeClaim data-config-cg-2 because its member was removed
            --
        "#]],
    );
    assert_eq!(world.group.voters(), [1, 3, 4]);
}

#[test]
fn a_member_whose_volume_is_on_a_silent_node_is_waited_for() {
    let mut world = with_local_volumes();
    world.darken(2);
    assert_eq!(run(&mut world), "");
    assert_eq!(world.group.voters(), [1, 2, 3]);
}
