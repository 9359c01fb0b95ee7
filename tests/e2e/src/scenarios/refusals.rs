//! Objects that cannot be: refused by the API server with a sentence that helps, or answered by a condition.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenarios::{demand, small};
use crate::{Failure, Group, Namespace, Stage};

/// What is wrong, and words of the answer.
fn refusals() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "members": 4 }), "members"),
        (json!({ "members": "three" }), "members"),
        (json!({ "memberz": 3 }), "memberz"),
        (json!({ "storage": { "size": "much" } }), "size"),
        (json!({ "tls": { "mode": "Secret" } }), "secretName"),
        (
            json!({ "timing": { "heartbeatMs": 500, "electionMs": 600 } }),
            "at least five times",
        ),
    ]
}

pub(super) fn refused(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-refusals")?;
    let applied = |name: &str, spec: &Value| {
        let object = json!({
            "apiVersion": "synod.dev/v1alpha1", "kind": "ConsensusGroup", "metadata": { "name": name }, "spec": spec,
        });
        stage.cluster.apply(&namespace.name, &object.to_string())
    };
    for (spec, words) in refusals() {
        match applied("bad", &spec) {
            Ok(_) => return Err(format!("taken: {spec}")),
            Err(why) => demand(why.contains(words), || {
                format!("{spec} is refused without {words:?}: {why}")
            })?,
        }
    }
    // An image that is nowhere, and a Secret that is not there: the condition says what is waited for.
    let mut nowhere = small(1);
    nowhere["image"] = json!("synod.dev/nowhere:0");
    let mut no_secret = small(1);
    no_secret["tls"] = json!({ "mode": "Secret", "secretName": "missing" });
    for (name, spec, words) in [
        ("nowhere", nowhere, "ImagePull"),
        ("secretless", no_secret, "which takes the Secret missing"),
    ] {
        applied(name, &spec)?;
        stage.cluster.wait(
            "a condition says what is wrong",
            Duration::from_secs(60),
            || {
                let object = namespace.get(&["consensusgroup", name])?;
                let conditions = object["status"]["conditions"]
                    .as_array()
                    .into_iter()
                    .flatten();
                let messages: Vec<_> = conditions
                    .filter_map(|condition| condition["message"].as_str())
                    .collect();
                if messages.iter().any(|message| message.contains(words)) {
                    Ok(Some(()))
                } else {
                    Err(messages.join("; "))
                }
            },
        )?;
    }
    namespace.delete()
}

/// Somebody else has objects of the names that are needed: they are named and left alone, and the group goes on without them. What
/// somebody else changed is put right.
pub(super) fn in_the_way(stage: &Stage) -> Result<(), Failure> {
    let namespace = Namespace::create(stage, "e2e-conflicts")?;
    let meta = |name: &str| json!({ "name": name });
    let port = json!({ "port": 80 });
    let mut foreign = vec![
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": meta("config-cg"), "spec": { "ports": [port] } }),
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": meta("config-cg-connection") }),
        json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("config-cg-config-1") }),
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": meta("config-cg"),
            "spec": { "minAvailable": 1, "selector": {} },
        }),
    ];
    for object in &foreign {
        stage.cluster.apply(&namespace.name, &object.to_string())?;
    }
    let group = Group::unready(&namespace, "config", &small(3))?;
    while !foreign.is_empty() {
        let told = || -> Result<Option<usize>, Failure> {
            let conditions = group.object()?["status"]["conditions"].to_string();
            let is_named = |object: &Value| {
                let (kind, name) = kind_and_name(object);
                conditions.contains(&format!("{kind} {name} exists and does not belong"))
            };
            let at = foreign.iter().position(is_named);
            at.map_or(Err(conditions), |at| Ok(Some(at)))
        };
        let minute = Duration::from_secs(60);
        let at = stage
            .cluster
            .wait("a name conflict is told", minute, told)?;
        let object = foreign.swap_remove(at);
        let (kind, name) = kind_and_name(&object);
        let found = namespace.get(&[kind, name])?;
        demand(found["metadata"]["labels"].is_null(), || {
            format!("{kind} {name} was changed: {found}")
        })?;
        namespace.kubectl(&["delete", kind, name])?;
    }
    group.ready()?;
    let selector = json!({ "spec": { "selector": { "synod.dev/name": "another" } } });
    namespace.kubectl(&[
        "patch",
        "service",
        "config-cg",
        "--patch",
        &selector.to_string(),
    ])?;
    stage
        .cluster
        .wait("the Service is put right", Duration::from_secs(60), || {
            let service = namespace.get(&["service", "config-cg"])?;
            Ok((service["spec"]["selector"]["synod.dev/name"] == "config").then_some(()))
        })?;
    namespace.delete()
}

fn kind_and_name(object: &Value) -> (&str, &str) {
    (
        object["kind"].as_str().unwrap_or_default(),
        object["metadata"]["name"].as_str().unwrap_or_default(),
    )
}
