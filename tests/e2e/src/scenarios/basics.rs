//! First steps.

use serde_json::json;

use crate::scenarios::{demand, small};
use crate::{Failure, Group, Namespace, Stage};

/// As the notes of the chart say.
pub(super) fn used(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-client")?;
    let group = Group::create(&namespace, "config", &small(3))?;
    namespace.start_client(&[&group.base()])?;
    namespace.etcdctl(&group.name, &["put", "hello", "world"])?;
    let got = namespace.etcdctl(&group.name, &["get", "--print-value-only", "hello"])?;
    demand(got == "world", || format!("got {got:?}"))?;
    let members = namespace.etcdctl(&group.name, &["member", "list"])?;
    demand(members.lines().count() == 3, || {
        format!("members:\n{members}")
    })?;
    namespace.etcdctl(&group.name, &["endpoint", "health"])?;
    namespace.delete()
}

/// Each file as it is, in a namespace of its own.
pub(super) fn examples(stage: &Stage) -> Result<(), Failure> {
    let files =
        std::fs::read_dir(&stage.examples).map_err(|error| format!("no examples: {error}"))?;
    let mut files: Vec<_> = files
        .filter_map(Result::ok)
        .map(|file| file.path())
        .collect();
    files.sort();
    demand(!files.is_empty(), || "there is no example".into())?;
    for (at, file) in files.iter().enumerate() {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{}: {error}", file.display()))?;
        println!("  {}", file.display());
        let namespace = Namespace::create(stage, &format!("e2e-example-{at}"))?;
        let group = Group::of_file(&namespace, &text)?;
        if file.file_stem().is_some_and(|stem| stem == "quickstart") {
            as_the_readme_says(&group)?;
        }
        group.delete()?;
        namespace.delete()?;
    }
    Ok(())
}

/// From a member's own pod, through the Service: so often that others than itself are met, too.
fn as_the_readme_says(group: &Group<'_>) -> Result<(), Failure> {
    let namespace = group.namespace();
    let kv = |words: &[&str]| {
        let exec = ["exec", "--namespace", &namespace.name, "config-cg-1", "--"];
        let kv = ["synod", "kv", "--endpoints", "http://config-cg:2379"];
        let all = [exec.as_slice(), &kv, words].concat();
        namespace.stage.cluster.ask(all)
    };
    for number in 0..8 {
        let value = number.to_string();
        kv(&["put", "hello", &value])?;
        let got = kv(&["get", "hello"])?;
        demand(got.contains(&value), || format!("put {value}, got {got:?}"))?;
    }
    Ok(())
}

/// What a group answers to somebody who trusts it, but has the certificate of another namespace's group of that name.
fn as_a_stranger(group: &Group<'_>, other: &Namespace<'_>) -> Result<String, Failure> {
    let secret = ["secret", "config-cg-connection"];
    let mut data = other.get(&secret)?["data"].clone();
    data["ca.crt"] = group.namespace().get(&secret)?["data"]["ca.crt"].clone();
    let metadata = json!({ "name": "stranger-cg-connection" });
    let mixed = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data });
    other.stage.cluster.apply(&other.name, &mixed.to_string())?;
    other.start_client(&["stranger-cg"])?;
    let got = other.etcdctl_at(&group.endpoints()?, "stranger", &["get", "whose"]);
    Ok(got.unwrap_or_else(|refused| refused))
}

/// What is written into one is not in the other, and its certificates are of no use there.
pub(super) fn two_groups(stage: &Stage) -> Result<(), Failure> {
    let first = Namespace::create(stage, "e2e-two-a")?;
    let second = Namespace::create(stage, "e2e-two-b")?;
    let group = Group::create(&first, "config", &small(1))?;
    Group::create(&second, "config", &small(1))?;
    for namespace in [&first, &second] {
        namespace.start_client(&["config-cg"])?;
        namespace.etcdctl("config", &["put", "whose", &namespace.name])?;
    }
    for namespace in [&first, &second] {
        let got = namespace.etcdctl("config", &["get", "--print-value-only", "whose"])?;
        demand(got == namespace.name, || {
            format!("{} has {got:?}", namespace.name)
        })?;
    }
    let strange = as_a_stranger(&group, &second)?;
    demand(strange.contains("remote error: tls:"), || {
        format!("a stranger's certificate was not refused: {strange}")
    })?;
    first.delete()?;
    second.delete()
}
