//! A table of valid and invalid objects, each with the exact message.

use expect_test::{Expect, expect};
use kube::CustomResourceExt;
use serde_json::{Value, json};
use synod_crds::{ConsensusGroup, ConsensusGroupSpec, schema};

fn check(yaml: &str, want: Expect) {
    let got = match synod_crds::parse(yaml, "f.yaml") {
        Ok(objects) => objects
            .iter()
            .map(|o| format!("{} {}\n", o.kind, o.name))
            .collect(),
        Err(errors) => errors.iter().map(|e| format!("{e}\n")).collect::<String>(),
    };
    want.assert_eq(&got);
}

fn spec(spec: &str) -> String {
    format!(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata: {{name: config}}\nspec:\n{spec}"
    )
}

#[test]
fn an_empty_spec_is_valid_and_safe() {
    let schema = schema::of(&ConsensusGroup::crd());
    let object = json!({"metadata": {"name": "a"}, "spec": {}});
    let full = schema::defaulted(&schema, &object);
    assert_eq!(schema::rules(&schema, &full, None), []);
    let by_schema: ConsensusGroupSpec =
        serde_json::from_value(full["spec"].clone()).expect("decodes");
    let by_types: ConsensusGroupSpec = serde_json::from_value(json!({})).expect("decodes");
    assert_eq!(by_schema, by_types);
    assert_eq!(by_types, ConsensusGroupSpec::default());
    expect![[r#"
        deletionProtection: false
        hibernated: false
        learners: 0
        members: 3
        paused: false
        resources:
          limits:
            memory: 1Gi
          requests:
            cpu: 100m
            memory: 256Mi
        scheduling:
          spread:
            nodes: Preferred
            zones: Preferred
        storage:
          adoption: Adopt
          retention:
            whenDeleted: Retain
            whenScaled: Delete
          size: 10Gi
        timing:
          electionMs: 1000
          heartbeatMs: 100
        tls:
          mode: Auto
        upgradePolicy: Manual
    "#]]
    .assert_eq(&serde_yaml::to_string(&full["spec"]).expect("encodes"));
}

#[test]
fn files() {
    check(
        &spec("  members: 5\n"),
        expect![[r#"
        ConsensusGroup config
    "#]],
    );
    check(
        &spec("  members: 4\n"),
        expect![[r#"
        f.yaml:5: spec.members: members must be 1, 3, 5 or 7: an even number tolerates no more failures than the odd number below it
    "#]],
    );
    check(
        &spec("  members: 9\n"),
        expect![[r#"
        f.yaml:5: spec.members: is 9, above the most allowed; give at most 7
    "#]],
    );
    check(
        &spec("  members: \"3\"\n"),
        expect![[r#"
        f.yaml:5: spec.members: is the string "3", not a whole number; write it without quotes: 3
    "#]],
    );
    check(
        &spec("  membrs: 3\n"),
        expect![[r#"
        f.yaml:5: spec.membrs: unknown field; did you mean members?
    "#]],
    );
    check(
        &spec("  transactions: {enabled: true}\n"),
        expect![[r#"
            f.yaml:5: spec.transactions: unknown field; fields here are deletionProtection, hibernated, image, imagePullSecrets, learners, members, paused, quota, recovery, resources, scheduling, storage, timing, tls, upgradePolicy
        "#]],
    );
    check(
        &spec("  storage:\n    size: 10\n"),
        expect![[r#"
        f.yaml:6: spec.storage.size: is the number 10, not a string; write it in quotes: "10"
    "#]],
    );
    check(
        &spec("  storage:\n    size: 10GB\n"),
        expect![[r#"
        f.yaml:6: spec.storage.size: is the string "10GB"; it must match ^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$
    "#]],
    );
    check(
        &spec("  tls:\n    mode: Secret\n"),
        expect![[r#"
        f.yaml:5: spec.tls: tls.secretName is needed with mode Secret and is not allowed with any other mode
    "#]],
    );
    check(
        &spec("  tls:\n    secretName: a\n"),
        expect![[r#"
        f.yaml:5: spec.tls: tls.secretName is needed with mode Secret and is not allowed with any other mode
    "#]],
    );
    check(
        &spec("  tls: {mode: auto}\n"),
        expect![[r#"
        f.yaml:5: spec.tls.mode: is the string "auto"; allowed are Auto, Secret, Disabled
    "#]],
    );
    check(
        &spec("  timing: {heartbeatMs: 400}\n"),
        expect![[r#"
        f.yaml:5: spec.timing: timing.electionMs must be at least five times timing.heartbeatMs, or a late heartbeat deposes the leader
    "#]],
    );
    check(
        &spec("  resources:\n    requests:\n      memory: 4Gi\n"),
        expect![[r#"
            f.yaml:5: spec.resources: resources.limits.memory (default 1Gi) must be at least resources.requests.memory (default 256Mi)
        "#]],
    );
    check(
        &spec("  paused:\n"),
        expect![[r#"
        f.yaml:5: spec.paused: has no value; give it a value, or leave the field out
    "#]],
    );
    check(
        &spec("  scheduling: {tolerations: [{key: a}, {keys: b}]}\n"),
        expect![[r#"
            f.yaml:5: spec.scheduling.tolerations[1].keys: unknown field; did you mean key?
        "#]],
    );
}

#[test]
fn documents() {
    check(
        "",
        expect![[r#"
        f.yaml:1: there is no object in the file; write apiVersion, kind, metadata and spec
    "#]],
    );
    check(
        "- a\n",
        expect![[r#"
        f.yaml:1: is not an object; write apiVersion, kind, metadata and spec
    "#]],
    );
    check(
        "a: [\n",
        expect![[r#"
        f.yaml:2: not readable as YAML: did not find expected node content at line 2 column 1, while parsing a flow node
    "#]],
    );
    check(
        "kind: ConsensusGroup\n",
        expect![[r#"
        f.yaml:1: apiVersion is missing; write apiVersion: synod.dev/v1alpha1
        f.yaml:1: metadata is missing; write metadata: {name: …}
    "#]],
    );
    check(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
        expect![[r#"
            f.yaml:1: apiVersion: v1 Pod is not served here; write apiVersion: synod.dev/v1alpha1
        "#]],
    );
    check(
        "apiVersion: synod.dev/v1alpha1\nkind: Group\nmetadata: {name: a}\n",
        expect![[r#"
            f.yaml:2: kind: Group is no kind of synod.dev/v1alpha1; known are ConsensusGroup, LockService, CacheCluster
        "#]],
    );
    check(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata: {name: a}\n",
        expect![[r#"
            f.yaml:1: spec is missing; add spec: … here
        "#]],
    );
    check(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata: {nam: a}\nspec: {}\n",
        expect![[r#"
            f.yaml:3: metadata: metadata.name is missing; write metadata: {name: …}
        "#]],
    );
    check(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata: {name: a, label: {}}\nspec: {}\n",
        expect![[r#"
            f.yaml:3: metadata.label: unknown field; use name, namespace, labels and annotations
        "#]],
    );
    check(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata: {name: a.b}\nspec: {}\n",
        expect![[r#"
            f.yaml:1: metadata.name must begin with a letter and hold only a-z, 0-9 and '-': names of services are made from it
        "#]],
    );
    check(
        "apiVersion: synod.dev/v1alpha1\nkind: ConsensusGroup\nmetadata:\n  name: a1234567890123456789012345678901234567890\nspec: {}\n",
        expect![[r#"
            f.yaml:1: metadata.name is longer than 40 characters: names of pods and services are made from it
        "#]],
    );
    check(
        "---\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n---\n",
        expect![[r#"
            Secret s
        "#]],
    );
}

fn update(old: Value, new: Value, want: Expect) {
    let schema = schema::of(&ConsensusGroup::crd());
    let object =
        |spec| schema::defaulted(&schema, &json!({"metadata": {"name": "a"}, "spec": spec}));
    let problems = schema::rules(&schema, &object(new), Some(&object(old)));
    let got: String = problems
        .iter()
        .map(|p| format!("{}: {}\n", schema::written(&p.path), p.message))
        .collect();
    want.assert_eq(&got);
}

#[test]
fn updates() {
    update(json!({}), json!({"members": 5}), expect![""]);
    update(
        json!({"storage": {"size": "10Gi"}}),
        json!({"storage": {"size": "10240Mi"}}),
        expect![""],
    );
    update(
        json!({"storage": {"size": "10Gi"}}),
        json!({"storage": {"size": "9Gi"}}),
        expect![[r#"
            spec.storage: storage.size can only grow: a volume cannot be made smaller
        "#]],
    );
    update(
        json!({}),
        json!({"storage": {"className": "fast"}}),
        expect![[r#"
            spec.storage: storage.className cannot be changed: the class of an existing volume is fixed
        "#]],
    );
    update(
        json!({"storage": {"className": "a"}}),
        json!({"storage": {"className": "b"}}),
        expect![[r#"
            spec.storage: storage.className cannot be changed: the class of an existing volume is fixed
        "#]],
    );
}
