//! What is done, step by step, when members come and go.

use expect_test::expect;
use serde_json::json;

use crate::traces::{check, ready};

#[test]
fn three_to_five() {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(5));
    check(
        &mut world,
        expect![[r#"
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
            membership add 4 at configuration 1 via 1
            --
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-4
            create PersistentVolumeClaim data-config-cg-5
            --
            apply PodDisruptionBudget config-cg
            apply ConfigMap config-cg-config-4
            confirm-configuration 3 via 1
            create ConfigMap config-cg-config-5
            issue config-cg-tls-5 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/5
            create Pod config-cg-5
            --
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add 5 at configuration 3 via 1
            --
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-4
            apply ConfigMap config-cg-config-5
            --
            apply ConfigMap config-cg-config-5
            --
        "#]],
    );
}

#[test]
fn five_to_three() {
    let mut world = ready(json!({ "members": 5 }));
    world.group.leader = Some(5);
    world.edit("members", json!(3));
    check(
        &mut world,
        expect![[r#"
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/leaving":"true"}}}
            --
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"30"}}}
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"31"}}}
            patch Pod config-cg-3 {"metadata":{"annotations":{"synod.dev/checked":"32"}}}
            patch Pod config-cg-5 {"metadata":{"annotations":{"synod.dev/checked":"34"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            confirm-unchanged PersistentVolumeClaim data-config-cg-5
            confirm-unchanged PersistentVolumeClaim data-config-cg-4
            membership remove 4 at configuration 1 via 5
            --
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-3
            apply ConfigMap config-cg-config-5
            delete Pod config-cg-4 because its member was removed
            patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/leaving":"true"}}}
            --
            confirm-configuration 2 via 5
            confirm-none Pod but config-cg-1, config-cg-2, config-cg-3, config-cg-5
            apply PodDisruptionBudget config-cg
            delete Secret config-cg-tls-4 because its member was removed
            delete ConfigMap config-cg-config-4 because its member was removed
            delete PersistentVolumeClaim data-config-cg-4 because its member was removed
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"46"}}}
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"47"}}}
            patch Pod config-cg-5 {"metadata":{"annotations":{"synod.dev/checked":"49"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            confirm-unchanged PersistentVolumeClaim data-config-cg-5
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            membership remove 3 at configuration 2 via 5
            --
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            apply ConfigMap config-cg-config-5
            delete Pod config-cg-3 because its member was removed
            --
            confirm-configuration 3 via 5
            confirm-none Pod but config-cg-1, config-cg-2, config-cg-5
            apply PodDisruptionBudget config-cg
            delete Secret config-cg-tls-3 because its member was removed
            delete ConfigMap config-cg-config-3 because its member was removed
            delete PersistentVolumeClaim data-config-cg-3 because its member was removed
            --
        "#]],
    );
}

#[test]
fn three_to_one_to_three() {
    let mut world = ready(json!({ "members": 3 }));
    world.edit("members", json!(1));
    check(
        &mut world,
        expect![[r#"
            patch PersistentVolumeClaim data-config-cg-3 {"metadata":{"annotations":{"synod.dev/leaving":"true"}}}
            --
            apply PodDisruptionBudget config-cg
            --
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"20"}}}
            patch Pod config-cg-2 {"metadata":{"annotations":{"synod.dev/checked":"21"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            confirm-unchanged PersistentVolumeClaim data-config-cg-3
            membership remove 3 at configuration 1 via 1
            --
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            delete Pod config-cg-3 because its member was removed
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/leaving":"true"}}}
            --
            confirm-configuration 2 via 1
            confirm-none Pod but config-cg-1, config-cg-2
            apply PodDisruptionBudget config-cg
            delete Secret config-cg-tls-3 because its member was removed
            delete ConfigMap config-cg-config-3 because its member was removed
            delete PersistentVolumeClaim data-config-cg-3 because its member was removed
            patch Pod config-cg-1 {"metadata":{"annotations":{"synod.dev/checked":"31"}}}
            confirm-unchanged PersistentVolumeClaim data-config-cg-1
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            membership remove 2 at configuration 2 via 1
            --
            apply ConfigMap config-cg-config-1
            delete Pod config-cg-2 because its member was removed
            --
            confirm-configuration 3 via 1
            confirm-none Pod but config-cg-1
            delete PodDisruptionBudget config-cg because a single member has no budget
            delete Secret config-cg-tls-2 because its member was removed
            delete ConfigMap config-cg-config-2 because its member was removed
            delete PersistentVolumeClaim data-config-cg-2 because its member was removed
            --
        "#]],
    );
    world.edit("members", json!(3));
    check(
        &mut world,
        expect![[r#"
            create PersistentVolumeClaim data-config-cg-4
            --
            create PodDisruptionBudget config-cg
            confirm-configuration 3 via 1
            create ConfigMap config-cg-config-4
            issue config-cg-tls-4 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/4
            create Pod config-cg-4
            --
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add 4 at configuration 3 via 1
            --
            patch PersistentVolumeClaim data-config-cg-4 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-4
            create PersistentVolumeClaim data-config-cg-5
            --
            apply PodDisruptionBudget config-cg
            apply ConfigMap config-cg-config-4
            confirm-configuration 5 via 1
            create ConfigMap config-cg-config-5
            issue config-cg-tls-5 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/5
            create Pod config-cg-5
            --
            confirm-unchanged PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add 5 at configuration 5 via 1
            --
            confirm-configuration 7 via 1
            confirm-none Pod but config-cg-1, config-cg-4, config-cg-5
            apply PodDisruptionBudget config-cg
            patch PersistentVolumeClaim data-config-cg-5 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-4
            apply ConfigMap config-cg-config-5
            --
            apply ConfigMap config-cg-config-5
            --
        "#]],
    );
}

#[test]
fn a_learner_comes_and_goes() {
    let mut world = ready(json!({ "members": 1 }));
    world.edit("learners", json!(1));
    check(
        &mut world,
        expect![[r#"
            create PersistentVolumeClaim data-config-cg-2
            --
            confirm-configuration 1 via 1
            create ConfigMap config-cg-config-2
            issue config-cg-tls-2 for synod://5f2b8f6e-0b7c-4a58-9d5e-3f0a51c0ffee/ConsensusGroup/config/2
            create Pod config-cg-2
            --
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/admitted":"true"}}}
            membership add learner 2 at configuration 1 via 1
            --
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/joined":"true"}}}
            apply ConfigMap config-cg-config-1
            apply ConfigMap config-cg-config-2
            --
            apply ConfigMap config-cg-config-2
            --
        "#]],
    );
    world.edit("learners", json!(0));
    check(
        &mut world,
        expect![[r#"
            patch PersistentVolumeClaim data-config-cg-2 {"metadata":{"annotations":{"synod.dev/leaving":"true"}}}
            --
            confirm-unchanged PersistentVolumeClaim data-config-cg-2
            membership remove 2 at configuration 2 via 1
            --
            apply ConfigMap config-cg-config-1
            delete Pod config-cg-2 because its member was removed
            --
            delete Secret config-cg-tls-2 because its member was removed
            delete ConfigMap config-cg-config-2 because its member was removed
            delete PersistentVolumeClaim data-config-cg-2 because its member was removed
            --
        "#]],
    );
}
