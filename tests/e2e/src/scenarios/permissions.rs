//! What the operator asked for in all that was played before, held against what its roles allow: nothing was forbidden, and nothing
//! is allowed that nobody needs.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::helm::SYSTEM;
use crate::scenarios::demand;
use crate::{Failure, Stage};

/// A right: group, resource with its subresource, verb.
type Right = (String, String, String);

pub(super) fn are_those_used(stage: &Stage) -> Result<(), Failure> {
    let bed = stage.cluster.bed().ok_or("no audit log")?;
    let deployments = stage.cluster.get(["deployments", "--namespace", SYSTEM])?;
    let template = &deployments["items"][0]["spec"]["template"]["spec"];
    let account = template["serviceAccountName"]
        .as_str()
        .ok_or("the operator has no account")?;
    let user = format!("system:serviceaccount:{SYSTEM}:{account}");
    let mut asked = Asked::default();
    for path in bed.audit_logs()? {
        let log = std::fs::read_to_string(&path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let events = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        asked.add(&user, events.filter(|event| counts(stage, event)));
    }
    let allowed = allowed(stage, account)?;
    println!("  {} rights, {} used", allowed.len(), asked.rights.len());
    asked.judge(&user, &allowed)
}

/// What an account asked for.
#[derive(Default)]
struct Asked {
    rights: BTreeSet<Right>,
    /// Those of them that it was not given.
    forbidden: BTreeSet<Right>,
}

impl Asked {
    fn add(&mut self, user: &str, events: impl Iterator<Item = Value>) {
        for event in events.filter(|event| event["user"]["username"] == user) {
            let Some(right) = needed(&event) else {
                continue;
            };
            // Not by the answer's code: what is made in a namespace that goes is refused by the same.
            if event["annotations"]["authorization.k8s.io/decision"] == "forbid" {
                self.forbidden.insert(right.clone());
            }
            self.rights.insert(right);
        }
    }

    fn judge(&self, user: &str, allowed: &BTreeSet<Right>) -> Result<(), Failure> {
        demand(!self.rights.is_empty(), || {
            format!("the audit log tells nothing of {user}")
        })?;
        demand(self.forbidden.is_empty(), || {
            format!("it was forbidden: {:?}", self.forbidden)
        })?;
        let unused: Vec<_> = allowed.difference(&self.rights).collect();
        let missing: Vec<_> = self.rights.difference(allowed).collect();
        demand(unused.is_empty() && missing.is_empty(), || {
            format!(
                "allowed and never used: {unused:?}; used and allowed by another role: {missing:?}"
            )
        })
    }
}

/// Whether something was asked for while the roles held that are looked at.
fn counts(stage: &Stage, event: &Value) -> bool {
    let at = event["requestReceivedTimestamp"].as_str();
    at.and_then(|at| at.parse::<Timestamp>().ok())
        .is_some_and(|at| stage.own_roles_held(at))
}

/// The right that a request needed; none for what everybody may.
fn needed(event: &Value) -> Option<Right> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const USER: &str = "system:serviceaccount:synod-system:synod-operator";

    fn event(user: &str, verb: &str, subresource: &str, decision: &str) -> Value {
        let mut object = json!({ "resource": "pods", "name": "config-cg-0" });
        if !subresource.is_empty() {
            object["subresource"] = subresource.into();
        }
        json!({
            "user": { "username": user },
            "verb": verb,
            "objectRef": object,
            "annotations": { "authorization.k8s.io/decision": decision },
        })
    }

    fn rules(resources: &[&str], verbs: &[&str]) -> BTreeSet<Right> {
        let rule = json!({ "apiGroups": [""], "resources": resources, "verbs": verbs });
        of_rule(&rule).into_iter().collect()
    }

    fn verdict(events: Vec<Value>, allowed: &BTreeSet<Right>) -> String {
        let mut asked = Asked::default();
        asked.add(USER, events.into_iter());
        asked.judge(USER, allowed).err().unwrap_or_default()
    }

    #[test]
    fn a_role_that_is_as_wide_as_what_was_asked_for_and_no_other() {
        let events = || {
            vec![
                event(USER, "create", "", "allow"),
                event(USER, "patch", "status", "allow"),
                event("kubernetes-admin", "delete", "", "allow"),
            ]
        };
        let exact: BTreeSet<Right> = rules(&["pods"], &["create"])
            .union(&rules(&["pods/status"], &["patch"]))
            .cloned()
            .collect();
        assert_eq!(verdict(events(), &exact), "");
        for right in &exact {
            let mut narrower = exact.clone();
            narrower.remove(right);
            let missing = verdict(events(), &narrower);
            assert!(missing.contains("allowed by another role: [("), "{missing}");
        }
        let mut wider = exact;
        wider.extend(rules(&["secrets"], &["list"]));
        let unused = verdict(events(), &wider);
        assert!(
            unused.contains("never used: [(\"\", \"secrets\", \"list\")]"),
            "{unused}"
        );
    }

    #[test]
    fn what_was_forbidden_and_who_was_silent() {
        let allowed = rules(&["pods"], &["create"]);
        let forbidden = verdict(vec![event(USER, "create", "", "forbid")], &allowed);
        assert!(forbidden.starts_with("it was forbidden"), "{forbidden}");
        let silent = verdict(vec![event("somebody", "create", "", "allow")], &allowed);
        assert!(silent.contains("tells nothing of"), "{silent}");
    }
}
