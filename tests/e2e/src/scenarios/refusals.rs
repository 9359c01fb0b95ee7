//! Objects that cannot be: refused by the API server with a sentence that helps, or answered by a condition.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenarios::{demand, small};
use crate::{Failure, Namespace, Stage};

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
        ("nowhere", nowhere, "Image"),
        ("secretless", no_secret, "config"),
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
                let told = messages
                    .iter()
                    .any(|message| message.contains(words) || message.contains("waits"));
                if told {
                    Ok(Some(()))
                } else {
                    Err(messages.join("; "))
                }
            },
        )?;
    }
    namespace.delete()
}
