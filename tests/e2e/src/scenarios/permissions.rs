//! What the operator asked for in all that was played before, held against what its roles allow: nothing was forbidden, and nothing
//! is allowed that nobody needs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::helm::SYSTEM;
use crate::scenarios::demand;
use crate::{Failure, Stage};

/// A right: group, resource with its subresource, verb.
type Right = (String, String, String);

/// What is needed only where something goes wrong that is not played: the right as `group/resource verb`, and when.
const RARE: [(&str, &str); 0] = [];

pub(super) fn are_those_used(stage: &Stage) -> Result<(), Failure> {
    let bed = stage.cluster.bed().ok_or("no audit log")?;
    let deployments = stage.cluster.get(["deployments", "--namespace", SYSTEM])?;
    let template = &deployments["items"][0]["spec"]["template"]["spec"];
    let account = template["serviceAccountName"]
        .as_str()
        .ok_or("the operator has no account")?;
    let user = format!("system:serviceaccount:{SYSTEM}:{account}");
    let path = bed.audit_log();
    let log =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let events = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let (mut used, mut forbidden) = (BTreeSet::new(), BTreeSet::new());
    for event in events.filter(|event| event["user"]["username"] == user.as_str()) {
        let Some(right) = asked(&event) else { continue };
        // Not by the answer's code: what is made in a namespace that goes is refused by the same.
        if event["annotations"]["authorization.k8s.io/decision"] == "forbid" {
            forbidden.insert(right.clone());
        }
        used.insert(right);
    }
    demand(!used.is_empty(), || {
        format!("the audit log tells nothing of {user}")
    })?;
    demand(forbidden.is_empty(), || {
        format!("it was forbidden: {forbidden:?}")
    })?;
    let allowed = allowed(stage, account)?;
    let is_rare = |(group, resource, verb): &Right| {
        let text = format!("{group}/{resource} {verb}");
        RARE.iter().any(|(rare, _)| *rare == text)
    };
    let unused: Vec<_> = allowed
        .difference(&used)
        .filter(|right| !is_rare(right))
        .collect();
    let missing: Vec<_> = used.difference(&allowed).collect();
    println!("  {} rights, {} used", allowed.len(), used.len());
    demand(unused.is_empty() && missing.is_empty(), || {
        format!("allowed and never used: {unused:?}; used and allowed by another role: {missing:?}")
    })
}

/// The right that a request needed; none for what everybody may.
fn asked(event: &Value) -> Option<Right> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    let resource = object["resource"].as_str()?;
    let subresource = object["subresource"].as_str();
    let resource =
        subresource.map_or_else(|| resource.to_owned(), |sub| format!("{resource}/{sub}"));
    Some((text(&object["apiGroup"]), resource, text(&event["verb"])))
}

/// What the roles that are bound to the account allow.
fn allowed(stage: &Stage, account: &str) -> Result<BTreeSet<Right>, Failure> {
    let bindings = stage
        .cluster
        .get(["clusterrolebindings,rolebindings", "--all-namespaces"])?;
    let mut rights = BTreeSet::new();
    for binding in bindings["items"].as_array().into_iter().flatten() {
        let mut subjects = binding["subjects"].as_array().into_iter().flatten();
        if !subjects.any(|it| it["name"] == account && it["namespace"] == SYSTEM) {
            continue;
        }
        let kind = binding["roleRef"]["kind"].as_str().unwrap_or_default();
        let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
        let namespace = binding["metadata"]["namespace"]
            .as_str()
            .unwrap_or("default");
        let role = stage.cluster.get([kind, name, "--namespace", namespace])?;
        for rule in role["rules"].as_array().into_iter().flatten() {
            rights.extend(of_rule(rule));
        }
    }
    Ok(rights)
}

fn of_rule(rule: &Value) -> Vec<Right> {
    let texts = |name: &str| -> Vec<String> {
        let all = rule[name].as_array().into_iter().flatten();
        all.filter_map(|it| it.as_str().map(str::to_owned))
            .collect()
    };
    let (groups, resources, verbs) = (texts("apiGroups"), texts("resources"), texts("verbs"));
    let mut rights = Vec::new();
    for group in &groups {
        for resource in &resources {
            rights.extend(
                verbs
                    .iter()
                    .map(|verb| (group.clone(), resource.clone(), verb.clone())),
            );
        }
    }
    rights
}
