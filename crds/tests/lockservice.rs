//! What only a LockService has: its bounds of time-outs, where reads are served.

use expect_test::{Expect, expect};
use kube::CustomResourceExt;
use serde_json::{Value, json};
use synod_crds::{ConsensusGroup, LockService, LockServiceSpec, schema};

fn check(spec: &str, want: Expect) {
    let yaml = format!(
        "apiVersion: synod.dev/v1alpha1\nkind: LockService\nmetadata: {{name: locks}}\nspec: {spec}\n"
    );
    let got = match synod_crds::parse(&yaml, "f.yaml") {
        Ok(objects) => objects
            .iter()
            .map(|o| format!("{} {}\n", o.kind, o.name))
            .collect(),
        Err(errors) => errors.iter().map(|e| format!("{e}\n")).collect::<String>(),
    };
    want.assert_eq(&got);
}

#[test]
fn an_empty_spec_is_valid_and_safe() {
    let schema = schema::of(&LockService::crd());
    let object = json!({"metadata": {"name": "a"}, "spec": {}});
    let full = schema::defaulted(&schema, &object);
    assert_eq!(schema::rules(&schema, &full, None), []);
    let by_schema: LockServiceSpec = serde_json::from_value(full["spec"].clone()).expect("decodes");
    let by_types: LockServiceSpec = serde_json::from_value(json!({})).expect("decodes");
    assert_eq!(by_schema, by_types);
    assert_eq!(by_types, LockServiceSpec::default());
    let own = json!({"sessionTimeout": {"min": "4s", "max": "40s"}, "reads": "Local"});
    for (name, value) in own.as_object().expect("an object") {
        assert_eq!(&full["spec"][name], value);
    }
}

#[test]
fn files() {
    for spec in [
        "{}",
        "{sessionTimeout: {min: 1s, max: 24h}}",
        "{sessionTimeout: {min: 30s}, reads: Linearizable}",
        "{sessionTimeout: {min: 1500ms, max: 2m}}",
    ] {
        check(
            spec,
            expect![[r#"
                LockService locks
            "#]],
        );
    }
    check(
        "{sessionTimeout: {min: 41s}}",
        expect![[r#"
            f.yaml:4: spec.sessionTimeout: sessionTimeout.max (default 40s) must be at least sessionTimeout.min (default 4s)
        "#]],
    );
    check(
        "{sessionTimeout: {min: 999ms}}",
        expect![[r#"
            f.yaml:4: spec.sessionTimeout: sessionTimeout.min must be at least 1s: clients would lose their locks by every pause of the network
        "#]],
    );
    check(
        "{sessionTimeout: {max: 25h}}",
        expect![[r#"
            f.yaml:4: spec.sessionTimeout: sessionTimeout.max must be at most 24h: the locks of a client that died are held as long
        "#]],
    );
    check(
        "{sessionTimeout: {max: 40}}",
        expect![[r#"
        f.yaml:4: spec.sessionTimeout.max: is the number 40, not a string; write it in quotes: "40"
    "#]],
    );
    check(
        "{sessionTimeout: {max: 1m30s}}",
        expect![[r#"
        f.yaml:4: spec.sessionTimeout.max: is the string "1m30s"; it must match ^[0-9]+(ms|s|m|h)$
    "#]],
    );
    check(
        "{reads: Stale}",
        expect![[r#"
        f.yaml:4: spec.reads: is the string "Stale"; allowed are Local, Linearizable
    "#]],
    );
    check(
        "{members: 2}",
        expect![[r#"
        f.yaml:4: spec.members: members must be 1, 3, 5 or 7: an even number tolerates no more failures than the odd number below it
    "#]],
    );
    check(
        "{transactions: {enabled: true}}",
        expect![[r#"
        f.yaml:4: spec.transactions: unknown field; fields here are deletionProtection, hibernated, image, imagePullSecrets, learners, members, paused, quota, reads, recovery, resources, scheduling, sessionTimeout, storage, timing, tls, upgradePolicy
    "#]],
    );
}

/// What both kinds have reads the same: whoever knows one knows the other.
#[test]
fn it_is_like_a_consensusgroup_but_for_its_own_fields() {
    let fields = |schema: Value, part: &str| {
        let of = schema["properties"][part]["properties"].as_object();
        of.expect("fields").clone()
    };
    let [groups, locks] = [ConsensusGroup::crd(), LockService::crd()].map(|it| schema::of(&it));
    assert_eq!(
        fields(groups.clone(), "status"),
        fields(locks.clone(), "status")
    );
    let (groups, mut locks) = (fields(groups, "spec"), fields(locks, "spec"));
    for own in ["sessionTimeout", "reads"] {
        assert!(locks.remove(own).is_some(), "{own}");
    }
    assert_eq!(groups.len(), locks.len());
    for (name, group) in groups {
        let (mut group, mut lock) = (group, locks[&name].clone());
        // Words differ, rules do not.
        for it in [&mut group, &mut lock] {
            it.as_object_mut().expect("a field").remove("description");
        }
        assert_eq!(group, lock, "{name}");
    }
}
