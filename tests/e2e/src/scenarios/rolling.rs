//! Pods made anew, one after the other.

use serde_json::{Value, json};

use crate::scenarios::{demand, under_load};
use crate::{Failure, Group, Stage};

/// The image under another name.
pub(super) fn by_image(stage: &Stage) -> Result<(), Failure> {
    rolls(stage, "roll-image", &json!({ "image": stage.images.again }))
}

/// More memory.
pub(super) fn by_resources(stage: &Stage) -> Result<(), Failure> {
    let limits = json!({ "memory": "600Mi" });
    rolls(
        stage,
        "roll-resources",
        &json!({ "resources": { "limits": limits } }),
    )
}

fn rolls(stage: &Stage, name: &str, change: &Value) -> Result<(), Failure> {
    under_load(stage, name, |group, _| roll(group, change))
}

/// All pods are others afterwards, the one that led was the last, and never were two away at once.
pub(super) fn roll(group: &Group<'_>, change: &Value) -> Result<(), Failure> {
    let (before, leader) = (group.pod_uids()?, group.leader()?);
    group.patch(change)?;
    let (mut last, mut fewest) = (String::new(), before.len());
    group.reaches("rolled", |object| {
        fewest = fewest.min(group.running().unwrap_or(fewest));
        let now = group.pod_uids().unwrap_or_default();
        let old: Vec<_> = before
            .iter()
            .filter(|(pod, uid)| now.get(*pod) == Some(uid))
            .collect();
        if let [(pod, _)] = old.as_slice() {
            last.clone_from(pod);
        }
        old.is_empty() && object["status"]["state"] == "Ready"
    })?;
    demand(last == leader, || {
        format!("{leader} led, and {last} went last")
    })?;
    demand(fewest + 1 >= before.len(), || {
        format!("at one time only {fewest} of {} ran", before.len())
    })
}
